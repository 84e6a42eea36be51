"""Facts that only a person can state, asked in the steps of the checklist: `list_facts`, `state_fact`.

Each is a short form; its answers become one edit of the scenario, with who says so. Nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dfr.errors import InputError
from dfr.geo import Position, offset
from dfr.plan.rules import JURISDICTIONS, NONE
from dfr.scenario.edits import AllEdits, Edit, RemoveValue, SetValue
from dfr.scenario.features import value_at
from dfr.scenario.schema_parts import Loc

LONGEST = 400
MOST_COVER_KM = 200.0

Answers = Mapping[str, str]
Edits = Callable[[Answers, Any], Iterator[Edit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactField:
    """One question of a fact; `kind` is text, number, date, time or choice."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The field as a page draws it."""
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "required": self.required,
            "choices": [{"value": value, "words": words} for value, words in self.choices],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact that can be stated in a step of the checklist."""

    id: str
    step: str
    title: str
    fields: tuple[FactField, ...]
    edits: Edits
    open_in: Callable[[Any], bool] = lambda data: True
    """Whether it is still to be stated, given the file's plain data."""

    def as_dict(self) -> dict[str, object]:
        """The fact as a page draws it."""
        return {"id": self.id, "title": self.title, "fields": [field.as_dict() for field in self.fields]}


def list_facts(data: Any) -> tuple[Fact, ...]:
    """The facts that are still to be stated about a scenario, given its file's plain data."""
    anywhere = (fact for fact in _ANYWHERE if fact.open_in(data))
    return (*anywhere, *_open_topics(data), *_airspace_files(data))


def state_fact(fact_id: str, answers: Mapping[str, Any], data: Any) -> Edit:
    """The edit that states a fact. Raises InputError for an answer that is missing or cannot be used."""
    fact = next((fact for fact in list_facts(data) if fact.id == fact_id), None)
    if fact is None:
        raise InputError(f"no fact is called {fact_id!r:.60}", do="reload the page")
    given = {field.name: _read_answer(field, answers.get(field.name)) for field in fact.fields}
    return AllEdits(edits=list(fact.edits(given, data)), what=fact.title[:1].lower() + fact.title[1:])


def _read_answer(field: FactField, answer: object) -> str:
    text = " ".join(answer.split()) if isinstance(answer, str) else ""
    if not text and field.required:
        raise InputError(f"{field.label}: no answer", do="write it")
    if len(text) > LONGEST:
        raise InputError(f"{field.label}: longer than {LONGEST} letters", do="shorten it")
    if text and field.choices and text not in dict(field.choices):
        raise InputError(f"{field.label}: {text!r:.40} is none of the choices", do="choose one")
    return text


def _number(label: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"{label}: {text!r:.40} is not a number", do="write it in digits") from error


# -- what each fact changes --


def _vouch_for(path: Loc) -> Edits:
    """A block that a program drew or assumed is the real one, as a source says."""

    def edits(answers: Answers, _data: Any) -> Iterator[Edit]:
        for name in ("confirmed", "assumed", "note"):
            yield RemoveValue(path=[*path, name])
        yield SetValue(path=[*path, "source"], value=answers["source"])

    return edits


def _is_drawn_by_program(path: Loc) -> Callable[[Any], bool]:
    """Whether a block is still what a program drew, or assumed."""

    def is_drawn(data: Any) -> bool:
        block = value_at(data, path)
        return value_at(block, ("confirmed",)) is False or value_at(block, ("assumed",)) is True

    return is_drawn


def _items_assumed(data: Any, path: Loc) -> list[int]:
    """Which items of a list are only assumed, by their numbers."""
    items = value_at(data, path)
    listed = items if isinstance(items, list) else []
    return [number for number, item in enumerate(listed) if value_at(item, ("assumed",)) is True]


def _vouch_for_items(path: Loc) -> Edits:
    """The items of a list that were only assumed are as somebody says."""

    def edits(answers: Answers, data: Any) -> Iterator[Edit]:
        for number in _items_assumed(data, path):
            yield from _vouch_for((*path, number))(answers, data)

    return edits


def _nobody_says_none(path: Loc) -> Callable[[Any], bool]:
    """Whether nobody is named who says that a list is empty: what was drawn is never wiped out."""

    def is_open(data: Any) -> bool:
        listed = value_at(data, path)
        drawn = isinstance(listed, list) and listed != []
        return not drawn and value_at(data, (*path[:-1], "sources", path[-1])) is None

    return is_open


def _has_unseen_posts(data: Any) -> bool:
    posts = value_at(data, ("operation", "posts"))
    return isinstance(posts, list) and any(value_at(post, ("confirmed",)) is False for post in posts)


def _set_none(path: Loc) -> Edits:
    """A list is empty, as a source says."""
    sources = [*path[:-1], "sources"]

    def edits(answers: Answers, data: Any) -> Iterator[Edit]:
        yield SetValue(path=[*path], value=[])
        said = value_at(data, tuple(sources)) or {}
        yield SetValue(path=sources, value={**said, path[-1]: answers["source"]})

    return edits


def _state_ground(answers: Answers, _data: Any) -> Iterator[Edit]:
    height_m = _number("Height", answers["height"])
    # A figure that is there already would keep its source.
    yield SetValue(path=["site", "ground_m_amsl"], value=None)
    yield SetValue(path=["site", "ground_m_amsl"], value={"value": height_m, "source": answers["source"]})


def _state_obstacles(answers: Answers, _data: Any) -> Iterator[Edit]:
    survey = {
        "surveyed_by": answers["surveyed_by"],
        "read_at": answers["read_at"],
        "tallest_m_agl": _number("Tallest", answers["tallest"]),
    }
    yield SetValue(path=["obstacles"], value=survey)


def _state_authorisation(answers: Answers, data: Any) -> Iterator[Edit]:
    kind = value_at(data, ("operation", "kind"))
    allows: dict[str, Any] = {"kind": {"value": [kind], "clause": answers["kind_clause"]}}
    if answers["night_clause"]:
        allows["night"] = {"value": True, "clause": answers["night_clause"]}
    document = {name: answers[name] for name in ("reference", "issuer", "valid_from", "valid_to")}
    yield SetValue(path=["operation", "authorisation"], value={**document, "allows": allows})


def _confirm_posts(answers: Answers, data: Any) -> Iterator[Edit]:
    for number, post in enumerate(value_at(data, ("operation", "posts"))):
        if value_at(post, ("confirmed",)) is False:
            path: list[str | int] = ["operation", "posts", number]
            yield RemoveValue(path=[*path, "confirmed"])
            yield SetValue(path=[*path, "confirmed_by"], value=answers["source"])


def _state_notams(answers: Answers, data: Any) -> Iterator[Edit]:
    before = value_at(data, ("notams",))
    kept = {name: before[name] for name in ("files", "judged") if name in before} if before else {}
    reading: dict[str, Any] = {"read_by": answers["read_by"], "read_at": answers["read_at"].replace("T", " ")}
    if answers["activated"] == "none":
        reading["activated"] = []
    yield SetValue(path=["notams"], value={**reading, **kept})


def _open_topics(data: Any) -> Iterator[Fact]:
    """What the rules leave to others, each answered by a reference."""
    rules = JURISDICTIONS.get(str(value_at(data, ("jurisdiction",))), NONE)
    listed = value_at(data, ("answers",))
    answered = listed if isinstance(listed, list) else []
    for topic in rules.open_topics:
        others = [item for item in answered if value_at(item, ("topic",)) != topic.id]

        def edits(
            answers: Answers, _data: Any, topic: str = topic.id, others: list[Any] = others
        ) -> Iterator[Edit]:
            answer = {"topic": topic, "answer": answers["answer"], "reference": answers["reference"]}
            yield SetValue(path=["answers"], value=[*others, answer])

        yield Fact(
            id=f"answer-{topic.id}",
            step="country",
            title=f"Answer {topic.asks}",
            fields=(
                FactField(name="answer", label="Answer"),
                FactField(name="reference", label="Law, policy or document"),
            ),
            edits=edits,
        )


def _airspace_files(data: Any) -> Iterator[Fact]:
    """Of each airspace file what it holds and how far round the site, or that it is left out."""
    listed = value_at(data, ("airspace",))
    files = listed if isinstance(listed, list) else []
    for number, item in enumerate(files):
        name = str(value_at(item, ("file",)))
        yield Fact(
            id=f"covers-{number}",
            step="air",
            title=f"{name} holds all that is published round the site",
            fields=(
                FactField(name="kinds", label="What it holds", kind="choice", choices=_KINDS),
                FactField(name="radius", label="Out to this distance from the centre, km", kind="number"),
                _SOURCE,
            ),
            edits=_cover_by(number),
        )
        yield Fact(
            id=f"leave-out-{number}",
            step="air",
            title=f"Leave out {name}",
            fields=(),
            edits=_leave_out(number),
        )


def _cover_by(number: int) -> Edits:
    def edits(answers: Answers, data: Any) -> Iterator[Edit]:
        radius_km = _number("Distance", answers["radius"])
        if not 0.0 < radius_km <= MOST_COVER_KM:
            raise InputError(f"Distance: {radius_km:g} km", do=f"write up to {MOST_COVER_KM:g} km")
        centre = value_at(data, ("site", "centre")) or {}
        site = Position(lat_deg=centre["lat_deg"], lon_deg=centre["lon_deg"])
        corners = (offset(site, bearing_deg=30.0 * k, distance_m=1000.0 * radius_km) for k in range(12))
        covers = [[round(p.lat_deg, 6), round(p.lon_deg, 6)] for p in corners]
        path: list[str | int] = ["airspace", number]
        yield SetValue(path=[*path, "covers"], value=covers)
        yield SetValue(path=[*path, "kinds"], value=answers["kinds"].split(", "))
        yield SetValue(path=[*path, "source"], value=answers["source"])
        yield RemoveValue(path=[*path, "assumed"])

    return edits


def _leave_out(number: int) -> Edits:
    def edits(_answers: Answers, _data: Any) -> Iterator[Edit]:
        yield RemoveValue(path=["airspace", number])

    return edits


_KINDS = tuple(
    (words, words)
    for words in (
        "airspace, aerodrome zones",
        "unmanned-aircraft zones",
        "airspace, aerodrome zones, unmanned-aircraft zones",
    )
)

_SOURCE = FactField(name="source", label="Who or what says so")

_ANYWHERE = (
    Fact(
        id="boundary",
        step="site",
        title="The boundary is the real one",
        fields=(_SOURCE,),
        edits=_vouch_for(("site", "boundary")),
        open_in=_is_drawn_by_program(("site", "boundary")),
    ),
    Fact(
        id="candidates",
        step="site",
        title="The places for docks are the real ones",
        fields=(_SOURCE,),
        edits=_vouch_for(("candidates",)),
        open_in=_is_drawn_by_program(("candidates",)),
    ),
    Fact(
        id="zones",
        step="site",
        title="The areas of calls are the real ones",
        fields=(_SOURCE,),
        edits=_vouch_for(("demand", "zones")),
        open_in=_is_drawn_by_program(("demand", "zones")),
    ),
    Fact(
        id="no-water",
        step="site",
        title="There is no water on the site",
        fields=(_SOURCE,),
        edits=_set_none(("site", "water")),
        open_in=_nobody_says_none(("site", "water")),
    ),
    Fact(
        id="ground",
        step="ground",
        title="The ground is flat, at this height",
        fields=(
            FactField(name="height", label="Height above mean sea level, m", kind="number"),
            _SOURCE,
        ),
        edits=_state_ground,
    ),
    Fact(
        id="no-crowd",
        step="crowds",
        title="No people gather on the site",
        fields=(_SOURCE,),
        edits=_set_none(("site", "crowds")),
        open_in=_nobody_says_none(("site", "crowds")),
    ),
    Fact(
        id="crowds",
        step="sources",
        title="The crowds are as drawn",
        fields=(_SOURCE,),
        edits=_vouch_for_items(("site", "crowds")),
        open_in=lambda data: bool(_items_assumed(data, ("site", "crowds"))),
    ),
    Fact(
        id="water",
        step="sources",
        title="The water is as drawn",
        fields=(_SOURCE,),
        edits=_vouch_for_items(("site", "water")),
        open_in=lambda data: bool(_items_assumed(data, ("site", "water"))),
    ),
    Fact(
        id="obstacles",
        step="air",
        title="Somebody has looked for obstacles",
        fields=(
            FactField(name="surveyed_by", label="Who has looked"),
            FactField(name="read_at", label="On which day", kind="date"),
            FactField(name="tallest", label="Tallest that no file lists, m above ground", kind="number"),
        ),
        edits=_state_obstacles,
    ),
    Fact(
        id="authorisation",
        step="permission",
        title="This document permits the operation",
        fields=(
            FactField(name="reference", label="Reference"),
            FactField(name="issuer", label="Who gave it"),
            FactField(name="valid_from", label="Valid from", kind="date"),
            FactField(name="valid_to", label="Last day", kind="date"),
            FactField(name="kind_clause", label="Number and words of the clause for this kind of operation"),
            FactField(
                name="night_clause",
                label="Number and words of the clause for flights in the dark, if any",
                required=False,
            ),
        ),
        edits=_state_authorisation,
    ),
    Fact(
        id="posts",
        step="people",
        title="Somebody has looked from every post",
        fields=(FactField(name="source", label="Who has looked, or what says so"),),
        edits=_confirm_posts,
        open_in=_has_unseen_posts,
    ),
    Fact(
        id="notams",
        step="day",
        title="Somebody has read the NOTAMs",
        fields=(
            FactField(name="read_by", label="Who has read them"),
            FactField(name="read_at", label="When, in local time of the site", kind="time"),
            FactField(
                name="activated",
                label="Zones that are active by NOTAM only",
                kind="choice",
                choices=(("none", "no NOTAM makes one active"), ("unknown", "not looked at")),
            ),
        ),
        edits=_state_notams,
    ),
)
