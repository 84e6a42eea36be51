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
        return _read_plan(_read_object(document))
    except KeyError as error:
        raise InputError(
            f"{name}: {error.args[0]!r} is missing", do="write it anew with `dfr plan`"
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{name}: not a plan: {error}", do="write it anew with `dfr plan`") from error


def _read_plan(data: Mapping[str, Any]) -> Plan:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']}, this version reads {FORMAT}")
    wind = data["planning_wind"]
    return Plan(
        scenario=_read_text(data["scenario"]),
        scenario_sha256=_read_text(data["scenario_sha256"]),
        version=_read_text(data["version"]),
        sites=_read_each(data["sites"], _read_site),
        objective=_read_number(data["objective"]),
        bound=_read_number(data["bound"]),
        gap=_read_number(data["gap"]),
        status=_read_text(data["status"]),
        siting_limit_s=_read_number(data["siting_limit_s"]),
        coverage={
            float(limit): _read_number(share) for limit, share in _read_object(data["coverage"]).items()
        },
        flyable_share=_read_number(data["flyable_share"]),
        mean_overhead_s=_read_optional_number(data["mean_overhead_s"]),
        planning_wind=None if wind is None else PlanningWind(**_read_object(wind)),
        coverage_by_hour=_read_each(data["coverage_by_hour"], lambda hour: CoverageHour(**hour)),
        layouts=_read_each(data["layouts"], lambda layout: LayoutGain(**layout)),
        routes=_read_each(data["routes"], _read_route),
        volumes=_read_each(data["volumes"], _read_volume),
        restricted_area=_read_restricted_area(data.get("restricted_area")),
        contingency=_read_each(data["contingency"], lambda case: ContingencyCase(**case)),
        findings=_read_each(data["findings"], _read_finding),
        sited_by=_read_sited_by(data.get("sited_by")),
        height_levels=_read_height_levels(data.get("height_levels")),
    )


def _read_sited_by(data: Mapping[str, Any] | None) -> SitedBy | None:
    """None also for a plan written before there were other objectives than coverage."""
    return None if data is None else SitedBy(**_read_object(data))


def _read_height_levels(data: Mapping[str, Any] | None) -> HeightLevels | None:
    """None also for a plan written when all docks flew one height."""
    if data is None:
        return None
    rest = {key: value for key, value in _read_object(data).items() if key != "in_turn"}
    return HeightLevels(in_turn=_read_each(data["in_turn"], lambda pair: RoutePair(**pair)), **rest)


def _read_site(data: Mapping[str, Any]) -> DockSite:
    return DockSite(
        id=_read_text(data["id"]),
        name=_read_text(data["name"]),
        position=_read_position(data),
        drones=int(data["drones"]),
        raised_m=_read_number(data.get("raised_m", 0.0)),
    )


def _read_route(data: Mapping[str, Any]) -> Route:
    rest = {key: value for key, value in data.items() if key not in ("points", "overhead_s", "profile")}
    return Route(points=_read_ring(data["points"]), profile=_read_profile(data.get("profile")), **rest)


def _read_profile(data: Mapping[str, Any] | None) -> RouteProfile | None:
    """None also for a plan written before there were profiles."""
    if data is None:
        return None
    columns = {key: tuple(map(_read_optional_number, column)) for key, column in _read_object(data).items()}
    return RouteProfile(**columns)  # type: ignore[arg-type]


def _read_volume(data: Mapping[str, Any]) -> Volume:
    rest = {key: value for key, value in data.items() if key != "rings"}
    return Volume(rings=tuple(_read_ring(ring) for ring in data["rings"]), **rest)


def _read_restricted_area(data: Mapping[str, Any] | None) -> ProposedArea | None:
    """None also for a plan written before there were proposed areas."""
    if data is None:
        return None
    rest = {key: value for key, value in _read_object(data).items() if key != "ring"}
    return ProposedArea(ring=_read_ring(data["ring"]), **rest)


def _read_finding(data: Mapping[str, Any]) -> Finding:
    place, due = data["place"], data.get("due")
    return Finding(
        rule=_read_text(data["rule"]),
        severity=Severity(data["severity"]),
        message=_read_text(data["message"]),
        basis=Basis(data["basis"]),
        source=_read_text(data["source"]),
        place=None if place is None else _read_position(place),
        margin_m=_read_optional_number(data["margin_m"]),
        fix=_read_text(data["fix"]),
        due=None if due is None else DayFact(due),
        validity=_read_validity(data.get("validity")),
    )


def _read_validity(data: Mapping[str, Any] | None) -> Validity | None:
    """None also for a plan written before findings expired."""
    if data is None:
        return None
    return Validity(
        what=_read_text(data["what"]),
        until=datetime.fromisoformat(_read_text(data["until"])),
        since=_read_time(data.get("since")),
        made_at=_read_time(data.get("made_at")),
    )


def _read_time(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(_read_text(value))


def _read_ring(corners: Sequence[Mapping[str, Any]]) -> Ring:
    return tuple(_read_position(corner) for corner in corners)


def _read_position(data: Mapping[str, Any]) -> Position:
    return Position(lat_deg=_read_number(data["lat_deg"]), lon_deg=_read_number(data["lon_deg"]))


def _read_each(values: Sequence[Any], read: Callable[[Mapping[str, Any]], Item]) -> tuple[Item, ...]:
    return tuple(read(_read_object(value)) for value in values)


def _read_object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.40} stands where an object should")
    return value


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} stands where text should")
    return value


def _read_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r:.40} stands where a number should")
    return float(value)


def _read_optional_number(value: object) -> float | None:
    return None if value is None else _read_number(value)
