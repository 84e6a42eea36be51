"""A plan read back from plan.json (`Plan.as_dict` writes it)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from dfr.errors import InputError
from dfr.findings import Basis, DayFact, Finding, Severity, Validity
from dfr.geo import Position, Ring
from dfr.plan.model import (
    FORMAT,
    ContingencyCase,
    CoverageHour,
    DockSite,
    HeightLevels,
    LayoutGain,
    Plan,
    PlanningWind,
    ProposedArea,
    Route,
    RoutePair,
    RouteProfile,
    SitedBy,
    Volume,
)

Item = TypeVar("Item")


def plan_from_dict(document: object, *, name: str = "plan") -> Plan:
    """The plan of a plan.json document. Raises InputError that says what is missing or wrong."""
    try:
        return _plan(_object(document))
    except KeyError as error:
        raise InputError(
            f"{name}: {error.args[0]!r} is missing", do="write it anew with `dfr plan`"
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{name}: not a plan: {error}", do="write it anew with `dfr plan`") from error


def _plan(data: Mapping[str, Any]) -> Plan:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']}, this version reads {FORMAT}")
    wind = data["planning_wind"]
    return Plan(
        scenario=_text(data["scenario"]),
        scenario_sha256=_text(data["scenario_sha256"]),
        version=_text(data["version"]),
        sites=_each(data["sites"], _site),
        objective=_number(data["objective"]),
        bound=_number(data["bound"]),
        gap=_number(data["gap"]),
        status=_text(data["status"]),
        siting_limit_s=_number(data["siting_limit_s"]),
        coverage={float(limit): _number(share) for limit, share in _object(data["coverage"]).items()},
        flyable_share=_number(data["flyable_share"]),
        mean_overhead_s=_maybe(data["mean_overhead_s"]),
        planning_wind=None if wind is None else PlanningWind(**_object(wind)),
        coverage_by_hour=_each(data["coverage_by_hour"], lambda hour: CoverageHour(**hour)),
        layouts=_each(data["layouts"], lambda layout: LayoutGain(**layout)),
        routes=_each(data["routes"], _route),
        volumes=_each(data["volumes"], _volume),
        restricted_area=_proposed(data.get("restricted_area")),
        contingency=_each(data["contingency"], lambda case: ContingencyCase(**case)),
        findings=_each(data["findings"], _finding),
        sited_by=_sited_by(data.get("sited_by")),
        height_levels=_height_levels(data.get("height_levels")),
    )


def _sited_by(data: Mapping[str, Any] | None) -> SitedBy | None:
    """None also for a plan written before there were other objectives than coverage."""
    return None if data is None else SitedBy(**_object(data))


def _height_levels(data: Mapping[str, Any] | None) -> HeightLevels | None:
    """None also for a plan written when all docks flew one height."""
    if data is None:
        return None
    rest = {key: value for key, value in _object(data).items() if key != "in_turn"}
    return HeightLevels(in_turn=_each(data["in_turn"], lambda pair: RoutePair(**pair)), **rest)


def _site(data: Mapping[str, Any]) -> DockSite:
    return DockSite(
        id=_text(data["id"]),
        name=_text(data["name"]),
        position=_position(data),
        drones=int(data["drones"]),
        raised_m=_number(data.get("raised_m", 0.0)),
    )


def _route(data: Mapping[str, Any]) -> Route:
    rest = {key: value for key, value in data.items() if key not in ("points", "overhead_s", "profile")}
    return Route(points=_ring(data["points"]), profile=_profile(data.get("profile")), **rest)


def _profile(data: Mapping[str, Any] | None) -> RouteProfile | None:
    """None also for a plan written before there were profiles."""
    if data is None:
        return None
    return RouteProfile(**{key: tuple(map(_maybe, column)) for key, column in _object(data).items()})  # type: ignore[arg-type]


def _volume(data: Mapping[str, Any]) -> Volume:
    rest = {key: value for key, value in data.items() if key != "rings"}
    return Volume(rings=tuple(_ring(ring) for ring in data["rings"]), **rest)


def _proposed(data: Mapping[str, Any] | None) -> ProposedArea | None:
    """None also for a plan written before there were proposed areas."""
    if data is None:
        return None
    rest = {key: value for key, value in _object(data).items() if key != "ring"}
    return ProposedArea(ring=_ring(data["ring"]), **rest)


def _finding(data: Mapping[str, Any]) -> Finding:
    place, due = data["place"], data.get("due")
    return Finding(
        rule=_text(data["rule"]),
        severity=Severity(data["severity"]),
        message=_text(data["message"]),
        basis=Basis(data["basis"]),
        source=_text(data["source"]),
        place=None if place is None else _position(place),
        margin_m=_maybe(data["margin_m"]),
        fix=_text(data["fix"]),
        due=None if due is None else DayFact(due),
        validity=_validity(data.get("validity")),
    )


def _validity(data: Mapping[str, Any] | None) -> Validity | None:
    """None also for a plan written before findings expired."""
    if data is None:
        return None
    return Validity(
        what=_text(data["what"]),
        until=datetime.fromisoformat(_text(data["until"])),
        since=_moment(data.get("since")),
        made_at=_moment(data.get("made_at")),
    )


def _moment(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(_text(value))


def _ring(corners: Sequence[Mapping[str, Any]]) -> Ring:
    return tuple(_position(corner) for corner in corners)


def _position(data: Mapping[str, Any]) -> Position:
    return Position(lat_deg=_number(data["lat_deg"]), lon_deg=_number(data["lon_deg"]))


def _each(values: Sequence[Any], read: Callable[[Mapping[str, Any]], Item]) -> tuple[Item, ...]:
    return tuple(read(_object(value)) for value in values)


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.40} stands where an object should")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} stands where text should")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r:.40} stands where a number should")
    return float(value)


def _maybe(value: object) -> float | None:
    return None if value is None else _number(value)
