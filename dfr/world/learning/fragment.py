"""What was learned as an edit of a scenario (`learned_edit`): each figure with its source, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dfr.scenario.edits import AllEdits, Edit, SetValue
from dfr.scenario.features import value_at
from dfr.world.demand_edit import demand_edit, fit_note
from dfr.world.demand_estimate import DemandEstimate, rounded_shares
from dfr.world.learning.figures import LearnedFigure, Lesson

FLIGHTS = "the drone's own time on scene, the same for every grade"
NOT_JOINED = "calls that are joined to an incident are not in the log: none is assumed"
POLICING = ("simulation", "policing")


def learned_edit(lesson: Lesson, estimate: DemandEstimate, data: Any) -> AllEdits:
    """The edit of a scenario's plain data that puts in it what logs say; all else stays as it is."""
    base = demand_edit(estimate, data, source=lesson.source)
    edits = [*_with_weekdays(base, lesson, estimate), *_durations(lesson, data), *_figures(lesson)]
    policies = dict(_policies(lesson, data))
    if policies:
        edits.append(_put(data, POLICING, {**(value_at(data, POLICING) or {}), **policies}))
    return AllEdits(edits=edits, what="learn from logs")


def learned_part(data: Mapping[str, Any], lesson: Lesson) -> dict[str, Any]:
    """The sections of an edited scenario that hold what was learned."""
    part: dict[str, Any] = {"demand": data["demand"]}
    policies = {name: value_at(data, (*POLICING, name)) for name, _ in _policies(lesson, data)}
    return part | ({"simulation": {"policing": policies}} if policies else {})


def _with_weekdays(base: AllEdits, lesson: Lesson, estimate: DemandEstimate) -> Iterator[Edit]:
    """The edits of the demand, with hours of its own for each day where weekdays differ."""
    for edit in base.edits:
        if not (lesson.hours.differ and isinstance(edit, SetValue) and edit.path == ["demand", "days"]):
            yield edit
            continue
        own = {day.isoformat(): lesson.hours.shares[day.weekday()] for day in estimate.days}
        totals = [
            {**total, "hour_weights": [round(24.0 * share, 3) for share in own[total["date"]]]}
            if total["date"] in own
            else total
            for total in edit.value["totals"]
        ]
        yield SetValue(path=edit.path, value={**edit.value, "totals": totals})


def _durations(lesson: Lesson, data: Any) -> Iterator[Edit]:
    found, source = lesson.durations, lesson.source
    grades = value_at(data, ("demand", "priorities", "grades")) or []
    for number, grade in enumerate(grades):
        id_: Any = value_at(grade, ("id",))
        path: list[str | int] = ["demand", "priorities", "grades", number]
        stay = _on_scene(lesson, str(id_))
        if stay is not None:
            yield SetValue(path=[*path, "on_scene"], value=stay)
        patience = found.get(f"patience/{id_}") or found.get("patience")
        if patience is not None:
            yield SetValue(path=[*path, "patience"], value=patience.as_yaml(source=source))
    if "mobilisation" in found:
        value = found["mobilisation"].as_yaml(source=source)
        yield SetValue(path=["demand", "ground", "mobilisation"], value=value)


def _on_scene(lesson: Lesson, grade: str) -> dict[str, object] | None:
    """How long a drone stays at a call of a grade, by the drones' own log or by that of the calls.

    How long officers stay is another matter, which the patrols of a scenario have.
    """
    found = lesson.durations
    if drone := found.get("drone_on_scene"):
        return drone.as_yaml(source=lesson.flight_source, note=FLIGHTS)
    if wanted := found.get(f"on_scene/{grade}"):
        return wanted.as_yaml(source=lesson.source)
    return None


def _figures(lesson: Lesson) -> Iterator[Edit]:
    for figure in lesson.figures:
        if figure.path in {"demand.cleared_without_patrol", "demand.ground.speed_mps"}:
            value = {
                "value": round(figure.value, 4),
                "source": f"{figure.source}; {figure.method}",
                "note": str(figure),
            }
            yield SetValue(path=[*figure.path.split(".")], value=value)


def _policies(lesson: Lesson, data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The policies of a scenario that were learned, each by its name."""
    bursts = lesson.bursts
    if bursts is not None and bursts.found and bursts.within is not None:
        told = f"further calls {bursts.further}, mean after the first {bursts.within}"
        yield (
            "bursts",
            {
                "further_calls": round(bursts.further.value, 4),
                "within_mean_s": round(bursts.within.value, 1),
                "joined_share": 0.0 if bursts.joined is None else round(bursts.joined.value, 4),
                "source": f"{lesson.source}; {bursts.further.method}",
                "note": told if bursts.joined else f"{told}; {NOT_JOINED}",
            },
        )
    given = {grade: shares for grade, shares in lesson.triage.items() if shares[grade].value < 1.0}
    if given:
        listed = [str_of_share(share) for shares in given.values() for share in shares.values()]
        yield (
            "triage",
            {
                "given": {grade: _rounded(shares) for grade, shares in given.items()},
                "source": f"{lesson.source}; grades first given beside final ones",
                "note": fit_note("shares with 95 % intervals: ", listed),
            },
        )
    patrols, stay = value_at(data, (*POLICING, "patrols")), lesson.durations.get("patrol")
    if isinstance(patrols, dict) and stay is not None:
        yield "patrols", {**patrols, "on_scene": stay.as_yaml(source=lesson.source)}


def str_of_share(share: LearnedFigure) -> str:
    """A share with its name."""
    return f"{share.name} {share}"


def _rounded(shares: Mapping[str, LearnedFigure]) -> dict[str, float]:
    return dict(zip(shares, rounded_shares([share.value for share in shares.values()]), strict=True))


def _put(data: Any, path: tuple[str, ...], value: Any) -> SetValue:
    """The edit that sets a value whose parents may not be there yet."""
    for depth in range(1, len(path)):
        if not isinstance(value_at(data, path[:depth]), dict):
            for name in reversed(path[depth:]):
                value = {name: value}
            return SetValue(path=list(path[:depth]), value=value)
    return SetValue(path=list(path), value=value)
