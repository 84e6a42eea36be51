"""What is wrong with a scenario and what to do about it: in one field, and between fields.

`explain_error` puts an error of pydantic into words. `find_complaints` compares fields: shares, times,
positions, heights. A check asks for the parts it compares; where one of them is itself wrong
(and reported), the check is skipped and all others still run, so that one reading reports everything.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

import shapely
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from dfr.findings import counted_noun
from dfr.geo import LocalFrame, Position, Ring, distance_m
from dfr.scenario import schema as written
from dfr.scenario.model import DurationShape, OperationKind, SiteUse
from dfr.scenario.schema import BoundaryIn, CandidateIn
from dfr.scenario.schema_parts import (
    DurationIn,
    Loc,
    Point,
    Sourced,
    SourcedFigure,
    find_mappings,
    model_at,
    model_in,
    quote_briefly,
)

Complaint = tuple[Loc, str, str]
"""(path, what is wrong, what to do)."""

_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_KINDS = {
    "string_type": "text",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "model_type": "a mapping of fields",
    "dict_type": "a mapping of fields",
}

SHARE_TOLERANCE = 1e-6
NEAR_M = 1_000.0
"""A dock this far outside the keep-in is taken for a slip of the pen (assumed)."""

FAR_M = 150_000.0
"""Nothing in one deployment is this far from its centre; swapped coordinates are (assumed)."""

MAX_PERIOD = timedelta(days=367)

T = TypeVar("T")
Loose = Any


# What is wrong with one field --------------------------------------------------------------------


def explain_error(error: ErrorDetails, root: type[BaseModel]) -> Complaint:
    """One pydantic error as path, what and do."""
    loc = tuple(error["loc"])
    what, do = _explain_kind(error, loc, root)
    return loc, what, do


def _explain_kind(error: ErrorDetails, loc: Loc, root: type[BaseModel]) -> tuple[str, str]:  # noqa: PLR0911 - one return for each kind of error
    kind, value = error["type"], error.get("input")
    context: Mapping[str, Any] = error.get("ctx") or {}
    if kind == "dfr":
        return str(context["what"]), str(context["do"])
    if kind == "missing":
        return "missing", f"add `{loc[-1]}:`{_describe_field(loc, root)}"
    if kind == "extra_forbidden":
        return "no such field", _did_you_mean(str(loc[-1]), loc[:-1], root)
    if kind in ("model_type", "model_attributes_type") and _is_unsourced(value, loc, root):
        return f"{show_value(value)} has no source", how_to_source(value)
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"{show_value(value)} is out of range", f"give {words} {context[key]}"
    if kind in ("enum", "literal_error"):
        return f"{show_value(value)} is not one of the choices", f"write one of {context['expected']}"
    return _explain_shape(kind, value, context, loc, root)


def _explain_shape(  # noqa: PLR0911 - one return for each kind of error
    kind: str, value: object, context: Mapping[str, Any], loc: Loc, root: type[BaseModel]
) -> tuple[str, str]:
    if kind == "finite_number":
        return f"{value} is not a finite number", "give one"
    if kind == "string_pattern_mismatch":
        return f"{show_value(value)} is not an id", "use lower-case letters, digits and hyphens, 40 at most"
    if kind in ("too_short", "string_too_short"):
        return "is too short or empty", f"give {context.get('min_length', 1)} or more"
    if kind in ("too_long", "string_too_long"):
        return "is too long", f"give {context['max_length']} at most"
    if kind in ("model_type", "dict_type") and (model := model_at(loc, root)) is not None:
        return (
            f"{show_value(value)} is not a mapping of fields",
            f"write {', '.join(_required_fields(model))} under it",
        )
    if kind in _KINDS:
        hint = " in quotes" if kind == "string_type" and not isinstance(value, (dict, list)) else ""
        return (
            f"{show_value(value)} is not {_KINDS[kind]}",
            f"write {_KINDS[kind]}{hint}{_describe_field(loc, root)}",
        )
    return f"{show_value(value)} cannot be used ({kind})", f"see `dfr schema`{_describe_field(loc, root)}"


def _required_fields(model: type[BaseModel]) -> list[str]:
    """The fields that a mapping must have."""
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    return [*needed, "and source"] if issubclass(model, Sourced) else needed


def show_value(value: object) -> str:
    """A value as text that fits a line."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return quote_briefly(value)


def how_to_source(value: object) -> str:
    """How an uncertain figure is written."""
    return f'write {{value: {value}, source: "..."}} or {{value: {value}, assumed: true, note: "..."}}'


def _is_unsourced(value: object, loc: Loc, root: type[BaseModel]) -> bool:
    model = model_at(loc, root)
    return isinstance(value, (int, float, str)) and model is not None and issubclass(model, SourcedFigure)


def _describe_field(loc: Loc, root: type[BaseModel]) -> str:
    parent = model_at(loc[:-1], root)
    field = None if parent is None or not loc else parent.model_fields.get(str(loc[-1]))
    if field is None:
        return ""
    inner = model_in(field.annotation)
    if inner is not None and issubclass(inner, SourcedFigure):
        return ' as {value: ..., source: "..."}' + (f" ({field.description})" if field.description else "")
    if inner is not None and issubclass(inner, DurationIn):
        return ' as {shape: lognormal, median_s: ..., p90_s: ..., source: "..."}'
    if isinstance(field.annotation, type) and issubclass(field.annotation, Enum):
        return f" ({', '.join(str(item.value) for item in field.annotation)})"
    return f" ({field.description})" if field.description else ""


def _did_you_mean(name: str, loc: Loc, root: type[BaseModel]) -> str:
    model = model_at(loc, root)
    known = [] if model is None else list(model.model_fields)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"take it out; known here: {', '.join(known)}" if known else "take it out"


# What is wrong between fields --------------------------------------------------------------------


class Parts:
    """The parts of a scenario that are right in themselves, by path."""

    def __init__(self, raw: object, context: dict[str, object]) -> None:
        self.raw = raw
        self._context = context
        self._cache: dict[Loc, object] = {}

    def get(self, kind: type[T], *path: str) -> T | None:
        """The part at a path, None where it is missing or wrong in itself."""
        if path not in self._cache:
            self._cache[path] = self._validate_part(path)
        part = self._cache[path]
        return part if isinstance(part, kind) else None

    def _validate_part(self, path: tuple[str, ...]) -> object:
        value: Loose = self.raw
        annotation: Loose = written.ScenarioIn
        for step in path:
            model = model_in(annotation)
            if not isinstance(value, dict) or step not in value or model is None:
                return None
            value, annotation = value[step], model.model_fields[step].annotation
        try:
            return TypeAdapter(annotation).validate_python(value, context=self._context)
        except ValidationError:
            return None


Check = Callable[[Parts], Iterator[Complaint]]


def find_complaints(parts: Parts, hours: Sequence[written.HourIn] | None) -> Iterator[Complaint]:
    """Everything that is wrong between fields; `hours` is None where the weather itself is wrong."""
    for check in CHECKS:
        yield from check(parts)
    if hours is not None:
        yield from _check_weather(parts, hours)


def _check_sources(parts: Parts) -> Iterator[Complaint]:
    for loc, model, mapping in find_mappings(parts.raw, written.ScenarioIn):
        if not issubclass(model, Sourced) or (mapping.get("assumed") is True and mapping.get("note")):
            continue
        if mapping.get("source") or (mapping.get(model.vouching_field) and not mapping.get("assumed")):
            continue
        if mapping.get("assumed") is True:
            yield loc, "is assumed without a reason", 'add note: "..."'
        elif issubclass(model, SourcedFigure):
            yield loc, "has no source", how_to_source(mapping.get("value", "..."))
        else:
            yield (
                loc,
                "has no source and is not marked as assumed",
                'add source: "...", or assumed: true and note: "..."',
            )


def _check_durations(parts: Parts) -> Iterator[Complaint]:
    for loc, model, mapping in find_mappings(parts.raw, written.ScenarioIn):
        if not issubclass(model, DurationIn):
            continue
        shape, median, p90 = (mapping.get(key) for key in ("shape", "median_s", "p90_s"))
        if shape == DurationShape.LOGNORMAL:
            if p90 is None:
                yield loc, "is lognormal but has no p90_s", "add p90_s: nine in ten are shorter"
            elif not isinstance(median, (int, float)) or not isinstance(p90, (int, float)):
                continue
            elif p90 < median or median <= 0:
                yield loc, f"p90_s {p90:g} is below median_s {median:g}, or that is 0", "swap or correct them"
        elif p90 is not None and shape in tuple(DurationShape):
            yield (*loc, "p90_s"), f"a {shape} duration has no p90_s of its own", "take it out"


UNIQUE = (
    (("candidates", "sites"), "id"),
    (("site", "keep_outs"), "id"),
    (("site", "crowds"), "id"),
    (("site", "water"), "id"),
    (("operation", "posts"), "id"),
    (("demand", "zones", "areas"), "id"),
    (("demand", "priorities", "grades"), "id"),
    (("demand", "priorities", "grades"), "rank"),
    (("demand", "days", "totals"), "date"),
    (("traffic",), "id"),
    (("simulation", "failures"), "part"),
    (("simulation", "homes"), "id"),
)


def _check_unique(parts: Parts) -> Iterator[Complaint]:
    for path, key in UNIQUE:
        seen: dict[object, int] = {}
        value = _raw_value(parts, *path)
        for index, item in enumerate(value if isinstance(value, list) else []):
            mark = item.get(key) if isinstance(item, dict) else None
            if not isinstance(mark, (str, int)):
                continue
            if mark in seen:
                what = f"{key} {mark!r} is taken by item {seen[mark] + 1}"
                yield (*path, index, key), what, f"give each its own {key}"
            seen.setdefault(mark, index)


def _check_shares(parts: Parts) -> Iterator[Complaint]:
    for path in (("demand", "zones", "areas"), ("demand", "priorities", "grades")):
        items = parts.get(list, *path)
        if items and abs((total := sum(item.share for item in items)) - 1.0) > SHARE_TOLERANCE:
            yield path, f"the shares sum to {total:.6g}", "make them sum to 1"


def _check_demand(parts: Parts) -> Iterator[Complaint]:
    demand = parts.raw.get("demand") if isinstance(parts.raw, dict) else None
    if isinstance(demand, dict) and (demand.get("zones") is None) == (demand.get("points") is None):
        yield ("demand",), "needs either zones, or points", "give one of the two"


def _check_period(parts: Parts) -> Iterator[Complaint]:
    period = parts.get(written.PeriodIn, "period")
    if period is None:
        return
    if period.end.timestamp() <= period.start.timestamp():
        yield ("period", "end"), "is not after start", "give a later end"
    elif period.end.timestamp() - period.start.timestamp() > MAX_PERIOD.total_seconds():
        yield ("period",), "is longer than a year", "simulate it in parts"


def _check_spans(parts: Parts) -> Iterator[Complaint]:
    """Starts before ends, everywhere; and shifts within the period."""
    spans: list[tuple[Loc, Loose]] = [
        (("crew", "shifts", i), item) for i, item in enumerate(parts.get(list, "crew", "shifts") or [])
    ]
    spans += [
        (("crew", "shifts", i, "breaks", j), item)
        for i, shift in enumerate(parts.get(list, "crew", "shifts") or [])
        for j, item in enumerate(shift.breaks)
    ]
    spans += [(("restrictions", i), item) for i, item in enumerate(parts.get(list, "restrictions") or [])]
    for i, crowd in enumerate(parts.get(list, "site", "crowds") or []):
        spans += [(("site", "crowds", i, "presence", j), item) for j, item in enumerate(crowd.presence)]
    period = parts.get(written.PeriodIn, "period")
    for loc, span in spans:
        if span.end.timestamp() <= span.start.timestamp():
            yield (*loc, "end"), "is not after start", "give a later end"
        elif loc[0] == "crew" and period is not None and not _lies_within(span, period):
            yield (
                loc,
                "is outside the period",
                f"keep it within {_show_time(period.start)} to {_show_time(period.end)}",
            )


def _lies_within(span: Loose, period: written.PeriodIn) -> bool:
    starts = span.start.timestamp() >= period.start.timestamp()
    return bool(starts and span.end.timestamp() <= period.end.timestamp())


def _show_time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _check_shifts(parts: Parts) -> Iterator[Complaint]:
    """Some shift, and of those that come back every week one in the period."""
    crew = parts.raw.get("crew") if isinstance(parts.raw, dict) else None
    if isinstance(crew, dict) and not crew.get("shifts") and not crew.get("weekly"):
        yield ("crew",), "has no shifts", "give shifts, or weekly ones"
    for index, shift in enumerate(parts.get(list, "crew", "weekly") or []):
        if shift.first_day is not None and shift.last_day is not None and shift.last_day < shift.first_day:
            yield ("crew", "weekly", index, "last_day"), "is before first_day", "give a later one"


def _check_days(parts: Parts) -> Iterator[Complaint]:
    days, period = parts.get(written.DaysIn, "demand", "days"), parts.get(written.PeriodIn, "period")
    if days is None:
        return
    path: Loc = ("demand", "days")
    if sum(days.hour_weights) <= 0:
        yield (*path, "hour_weights"), "are all 0", "give some hour a weight"
    for index, day in enumerate(days.totals):
        if day.hour_weights is not None and sum(day.hour_weights) <= 0:
            yield (*path, "totals", index, "hour_weights"), "are all 0", "give some hour a weight"
    if period is None or not timedelta() < period.end - period.start <= MAX_PERIOD:
        return
    wanted = _dates_of_period(period)
    given = [day.date.date() for day in days.totals]
    for index, date in enumerate(given):
        if date not in wanted:
            yield (*path, "totals", index, "date"), f"{date} is not in the period", "take the day out"
    if missing := [str(date) for date in wanted if date not in given]:
        yield (*path, "totals"), f"no total for {', '.join(missing[:5])}", "add the days, calls: 0 for none"


def _dates_of_period(period: written.PeriodIn) -> list[Any]:
    last = (period.end - timedelta(microseconds=1)).date()
    count = (last - period.start.date()).days + 1
    return [period.start.date() + timedelta(days=number) for number in range(count)]


def _check_fleet(parts: Parts) -> Iterator[Complaint]:
    fleet = parts.get(written.FleetIn, "fleet")
    sites: list[CandidateIn] | None = parts.get(list, "candidates", "sites")
    if fleet is None or sites is None:
        return
    usable = sum(site.use is not SiteUse.FORBIDDEN for site in sites)
    required = sum(site.use is SiteUse.REQUIRED for site in sites)
    if fleet.docks > usable:
        yield (
            ("fleet", "docks"),
            f"{counted_noun(fleet.docks, 'dock')} for {counted_noun(usable, 'usable site')}",
            "add candidates or take docks out",
        )
    if required > fleet.docks:
        yield (
            ("fleet", "docks"),
            f"{counted_noun(fleet.docks, 'dock')} for {counted_noun(required, 'required site')}",
            "add docks",
        )


def _check_slots(parts: Parts) -> Iterator[Complaint]:
    fleet = parts.get(written.FleetIn, "fleet")
    if fleet is None:
        return
    slots, drones = fleet.slots_per_dock, fleet.drones_per_dock
    if slots is not None and slots < drones:
        yield (
            ("fleet", "slots_per_dock"),
            f"{counted_noun(slots, 'slot')} for {counted_noun(drones, 'drone')}",
            "add slots or take drones out",
        )
    elif (slots is None or slots == drones) and _raw_value(parts, "simulation", "move_up") is True:
        what = (
            f"every dock is full: {counted_noun(drones, 'drone')} in as many slots, so no drone can move up"
        )
        yield (
            ("simulation", "move_up"),
            what,
            "give fleet.slots_per_dock above drones_per_dock, or take it out",
        )


def _check_posts(parts: Parts) -> Iterator[Complaint]:
    kind, posts = parts.get(OperationKind, "operation", "kind"), _raw_value(parts, "operation", "posts")
    if kind in (OperationKind.VLOS, OperationKind.EVLOS) and not posts:
        yield (
            ("operation", "posts"),
            f"{kind} needs somebody who sees the drone",
            "add the posts of pilots and observers",
        )
    need = parts.get(int, "crew", "safety_pilots_per_drone")
    shifts = [
        (where, index, shift)
        for where in ("shifts", "weekly")
        for index, shift in enumerate(parts.get(list, "crew", where) or [])
    ]
    for where, index, shift in shifts:
        if need and shift.remote_pilots and shift.safety_pilots < need:
            what = (
                f"{counted_noun(shift.safety_pilots, 'safety pilot')}, but each drone in the air needs {need}"
            )
            yield ("crew", where, index, "safety_pilots"), what, "add safety pilots or change the need"


def _raw_value(parts: Parts, *path: str) -> Loose:
    value: Loose = parts.raw
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _check_traffic(parts: Parts) -> Iterator[Complaint]:
    for index, item in enumerate(parts.get(list, "traffic") or []):
        if item.upper_m_amsl <= item.lower_m_amsl:
            what = f"upper {item.upper_m_amsl:g} m is not above lower {item.lower_m_amsl:g} m"
            yield ("traffic", index, "upper_m_amsl"), what, "swap or correct them"
        if item.last_hour <= item.first_hour:
            what = f"last_hour {item.last_hour} is not after first_hour {item.first_hour}"
            yield ("traffic", index, "last_hour"), what, "use 0 and 24 for the whole day"


def _check_places(parts: Parts) -> Iterator[Complaint]:
    centre = parts.get(Point, "site", "centre")
    boundary = parts.get(BoundaryIn, "site", "boundary")
    if centre is None:
        return
    frame = LocalFrame(centre.position)
    swapped = "write [lat, lon], latitude first"
    far = [(loc, distance_m(centre.position, where)) for loc, where in _list_positions(parts)]
    for loc, away_m in far:
        if away_m > FAR_M:
            yield loc, f"is {away_m / 1000:.0f} km from the centre of the site", swapped
    if boundary is None or any(away_m > FAR_M for _, away_m in far):
        return
    keep_in = frame.polygon(boundary.ring)
    if (away := keep_in.distance(shapely.Point(0, 0))) > NEAR_M:
        yield ("site", "centre"), f"is {away:.0f} m outside the boundary", "move one of them"
    for index, zone in enumerate(parts.get(list, "demand", "zones", "areas") or []):
        if not keep_in.intersects(frame.polygon(zone.area)):
            yield (
                ("demand", "zones", "areas", index, "area"),
                "is outside the boundary",
                "move it, or widen site.boundary",
            )
    for index, site in enumerate(parts.get(list, "candidates", "sites") or []):
        away = keep_in.distance(shapely.Point(frame.point(site.position)))
        if away > NEAR_M:
            yield (
                ("candidates", "sites", index),
                f"is {away:.0f} m outside the boundary",
                "move it, or widen site.boundary",
            )


def _list_positions(parts: Parts) -> Iterator[tuple[Loc, Position]]:
    """One position of everything that has a place."""
    rings: list[tuple[Loc, Ring]] = []
    if (boundary := parts.get(BoundaryIn, "site", "boundary")) is not None:
        rings += [(("site", "boundary", "ring", i), (corner,)) for i, corner in enumerate(boundary.ring)]
    for path in (
        ("demand", "zones", "areas"),
        ("site", "crowds"),
        ("site", "keep_outs"),
        ("site", "water"),
        ("traffic",),
    ):
        rings += [((*path, i, "area"), item.area) for i, item in enumerate(parts.get(list, *path) or [])]
    yield from ((loc, ring[0]) for loc, ring in rings)
    for path in (("candidates", "sites"), ("operation", "posts")):
        for index, item in enumerate(parts.get(list, *path) or []):
            yield (*path, index), item.position
    for path in (("demand", "ground", "posts"), ("contingency", "rally_points")):
        for index, where in enumerate(parts.get(list, *path) or []):
            if isinstance(where, Position):
                yield (*path, index), where


def _check_weather(parts: Parts, hours: Sequence[written.HourIn]) -> Iterator[Complaint]:
    seen: dict[float, int] = {}
    for index, hour in enumerate(hours):
        loc: Loc = ("weather", "hours", index)
        if hour.start.minute:
            yield (
                (*loc, "start"),
                f"{show_value(_show_time(hour.start))} is not a whole hour",
                "start rows on the hour",
            )
        if hour.gust_mps is not None and hour.gust_mps < hour.wind_mps:
            what = f"gust {hour.gust_mps:g} m/s is below the mean wind {hour.wind_mps:g}"
            yield (*loc, "gust_mps"), what, "correct it; null where no gust was reported"
        if (first := seen.setdefault(hour.start.timestamp(), index)) != index:
            yield (*loc, "start"), f"{_show_time(hour.start)} is in row {first + 1} already", "keep one"
    period = parts.get(written.PeriodIn, "period")
    if period is None or not timedelta() < period.end - period.start <= MAX_PERIOD:
        return
    missing = [moment for moment in _hours_of_period(period) if moment.timestamp() not in seen]
    if missing:
        names = ", ".join(_show_time(moment) for moment in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        yield ("weather",), f"no row for {names}{more}", "cover every hour of the period"


def _hours_of_period(period: written.PeriodIn) -> Iterator[datetime]:
    zone = period.start.tzinfo
    start = period.start.timestamp() - 60 * period.start.minute
    while start < period.end.timestamp():
        yield datetime.fromtimestamp(start, tz=zone)
        start += 3600


CHECKS: tuple[Check, ...] = (
    _check_sources,
    _check_durations,
    _check_unique,
    _check_shares,
    _check_demand,
    _check_period,
    _check_spans,
    _check_shifts,
    _check_days,
    _check_fleet,
    _check_slots,
    _check_posts,
    _check_traffic,
    _check_places,
)
