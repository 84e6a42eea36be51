"""From the schema as written to the frozen domain, with every assumption on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from dfr.scenario import model as domain
from dfr.scenario import schema as written
from dfr.scenario.schema_parts import (
    P90_OVER_MEDIAN_EXPONENTIAL,
    Block,
    DurationIn,
    Figure,
    Sourced,
)


def build(
    scenario: written.ScenarioIn,
    hours: Sequence[written.HourIn],
    *,
    zone: ZoneInfo,
    file: str,
    sha256: str,
    airspace_paths: Mapping[str, str],
) -> domain.Scenario:
    """The domain value of a scenario that has passed every check."""
    return domain.Scenario(
        name=scenario.name,
        title=scenario.title.strip(),
        description=scenario.description.strip(),
        exercise=scenario.exercise,
        file=file,
        sha256=sha256,
        period=domain.Period(start=scenario.period.start, end=scenario.period.end, zone=zone),
        site=_site(scenario.site),
        candidates=tuple(site.built() for site in scenario.candidates.sites),
        fleet=domain.Fleet(
            drone=scenario.fleet.drone,
            dock=scenario.fleet.dock,
            docks=scenario.fleet.docks,
            drones_per_dock=scenario.fleet.drones_per_dock,
            slots_per_dock=scenario.fleet.slots_per_dock,
            guidance=scenario.fleet.guidance,
        ),
        crew=_crew(scenario.crew),
        operation=_operation(scenario.operation),
        demand=_demand(scenario.demand),
        traffic=tuple(_traffic(item) for item in scenario.traffic),
        weather=_weather(scenario.weather, hours),
        airspace=tuple(item.built(airspace_paths) for item in scenario.airspace),
        terrain=tuple(
            domain.TerrainFile(path=airspace_paths.get(item.file, item.file), source=item.source)
            for item in scenario.terrain
        ),
        restrictions=tuple(item.built() for item in scenario.restrictions),
        notams=None if scenario.notams is None else scenario.notams.built(airspace_paths),
        obstacles=None if scenario.obstacles is None else scenario.obstacles.built(),
        clearances=tuple(item.built() for item in scenario.clearances),
        jurisdiction=scenario.jurisdiction,
        answers=tuple(item.built() for item in scenario.answers),
        unconfirmed=tuple(_unconfirmed(scenario)),
        contingency=_contingency(scenario.contingency),
        targets=domain.Targets(
            limits_s=tuple(sorted({*scenario.targets.limits_s, scenario.targets.siting_limit_s})),
            siting_limit_s=scenario.targets.siting_limit_s,
            required_share_of_hours=scenario.targets.required_share_of_hours,
        ),
        study=domain.Study(seed=scenario.study.seed, replications=scenario.study.replications),
        simulation=scenario.simulation.built(),
        assumptions=tuple(assumptions(scenario)),
    )


def _unconfirmed(scenario: written.ScenarioIn) -> Iterator[str]:
    """The parts that still are as a program drew them, and places that are only assumed to be flown at."""
    drawn = {
        "the boundary": scenario.site.boundary,
        "the places for docks": scenario.candidates,
        "the areas of calls": scenario.demand.zones,
    }
    guessed = (scenario.site.boundary, scenario.candidates) if not scenario.exercise else ()
    for name, part in drawn.items():
        if not part.confirmed or (part.assumed and any(part is place for place in guessed)):
            yield name


def assumptions(part: BaseModel, path: str = "") -> Iterator[domain.Assumption]:
    """Every figure and block that somebody vouches for, by its path in the file."""
    if isinstance(part, Sourced):
        yield domain.Assumption(path=path, value=_shown(part), assumed=part.assumed, source=part.vouched_by())
    if isinstance(part, Block):
        yield from _by_figure(part, path)
    for name in type(part).model_fields:
        value = getattr(part, name)
        where = f"{path}.{name}" if path else name
        if isinstance(value, BaseModel):
            yield from assumptions(value, where)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from assumptions(item, f"{where}[{_label(item, index)}]")


def _by_figure(block: Block, path: str) -> Iterator[domain.Assumption]:
    """The figures of a block for which somebody else vouches."""
    shown = block.figures()
    for name, source in block.sources.items():
        assumed = source.casefold().startswith("assumed")
        yield domain.Assumption(path=f"{path}.{name}", value=shown[name], assumed=assumed, source=source)


def _label(item: BaseModel, index: int) -> str:
    return str(getattr(item, "id", index))


def _shown(part: Sourced) -> str:
    if isinstance(part, Figure):
        return f"{part.value:g}"
    if isinstance(part, DurationIn):
        duration = _duration(part)
        if duration.shape is domain.DurationShape.CONSTANT:
            return f"constant {duration.median_s:g} s"
        return f"{duration.shape}, median {duration.median_s:g} s, p90 {duration.p90_s:g} s"
    if not isinstance(part, Block):
        return "block"
    rest = [f"{name} {shown}" for name, shown in part.figures().items() if name not in part.sources]
    return f"block: {', '.join(rest)}" if rest else "block"


def _value(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value


def _duration(part: DurationIn) -> domain.Duration:
    if part.shape is domain.DurationShape.EXPONENTIAL:
        p90_s = part.median_s * P90_OVER_MEDIAN_EXPONENTIAL
    else:
        p90_s = part.median_s if part.p90_s is None else part.p90_s
    return domain.Duration(shape=part.shape, median_s=part.median_s, p90_s=p90_s)


def _site(site: written.SiteIn) -> domain.Site:
    return domain.Site(
        name=site.name,
        centre=site.centre.position,
        boundary=site.boundary.ring,
        surface=site.surface,
        ground_m_amsl=_value(site.ground_m_amsl),
        geoid_separation_m=_value(site.geoid_separation_m),
        people_per_km2=_value(site.people_per_km2),
        keep_outs=tuple((item.id, item.area) for item in site.keep_outs),
        crowds=tuple(crowd for item in site.crowds or () for crowd in _crowds(item)),
        crowds_known=site.crowds is not None,
        water=None if site.water is None else tuple((item.name, item.area) for item in site.water),
    )


def _crowds(crowd: written.CrowdIn) -> Iterator[domain.CrowdArea]:
    several = len(crowd.presence) > 1
    for number, presence in enumerate(crowd.presence, start=1):
        yield domain.CrowdArea(
            id=f"{crowd.id}/{number}" if several else crowd.id,
            name=crowd.name,
            area=crowd.area,
            start=presence.start,
            end=presence.end,
            people_per_m2=presence.people_per_m2,
        )


def _crew(crew: written.CrewIn) -> domain.Crew:
    return domain.Crew(
        shifts=tuple(
            domain.Shift(
                start=shift.start,
                end=shift.end,
                remote_pilots=shift.remote_pilots,
                safety_pilots=shift.safety_pilots,
            )
            for shift in crew.shifts
        ),
        drones_per_pilot=crew.drones_per_pilot,
        safety_pilots_per_drone=crew.safety_pilots_per_drone,
        decision=_duration(crew.decision),
        launch=_duration(crew.launch),
        video=_duration(crew.video),
    )


def _operation(operation: written.OperationIn) -> domain.Operation:
    return domain.Operation(
        kind=operation.kind,
        basis=operation.basis or "",
        authorisation=None if operation.authorisation is None else operation.authorisation.built(),
        posts=tuple(
            domain.Observer(
                id=post.id,
                position=post.position,
                range_m=post.range_m.value,
                confirmed=post.confirmed,
            )
            for post in operation.posts
        ),
        cruise_mps=operation.cruise_mps,
        cruise_height_m_agl=operation.cruise_height_m_agl,
        height_limit_m_agl=operation.height_limit_m_agl,
        crowd_margin_m=_value(operation.crowd_margin_m),
        max_wind_mps=_value(operation.max_wind_mps),
        max_gust_mps=_value(operation.max_gust_mps),
        min_visibility_m=operation.min_visibility_m.value,
        max_rain_mm_h=_value(operation.max_rain_mm_h),
    )


def _demand(demand: written.DemandIn) -> domain.Demand:
    return domain.Demand(
        zones=tuple(
            domain.DemandZone(id=zone.id, name=zone.name, area=zone.area, share=zone.share)
            for zone in demand.zones.areas
        ),
        priorities=tuple(_priority(grade) for grade in demand.priorities.grades),
        days=tuple(
            domain.DemandDay(
                date=day.date,
                calls=day.calls,
                hour_weights=tuple(day.hour_weights or demand.days.hour_weights),
            )
            for day in sorted(demand.days.totals, key=lambda day: day.date)
        ),
        rate_cv=demand.rate_cv.value,
        ground=domain.GroundResponse(
            posts=tuple(demand.ground.posts),
            mobilisation=_duration(demand.ground.mobilisation),
            speed_mps=demand.ground.speed_mps.value,
            detour_factor=demand.ground.detour_factor.value,
        ),
        cleared_without_patrol=_value(demand.cleared_without_patrol),
    )


def _priority(grade: written.PriorityIn) -> domain.Priority:
    return domain.Priority(
        id=grade.id,
        rank=grade.rank,
        share=grade.share,
        target_s=grade.target_s,
        patience=_duration(grade.patience),
        on_scene=_duration(grade.on_scene),
    )


def _traffic(traffic: written.TrafficIn) -> domain.OtherTraffic:
    return domain.OtherTraffic(
        id=traffic.id,
        kind=traffic.kind,
        area=traffic.area,
        lower_m_amsl=traffic.lower_m_amsl,
        upper_m_amsl=traffic.upper_m_amsl,
        visits_per_day=traffic.visits_per_day,
        first_hour=traffic.first_hour,
        last_hour=traffic.last_hour,
        stay=_duration(traffic.stay),
        notice_s=traffic.notice_s,
        rule=traffic.rule,
        hold_height_m_agl=traffic.hold_height_m_agl,
        contact=traffic.contact,
    )


def _weather(weather: written.WeatherIn, hours: Sequence[written.HourIn]) -> domain.Weather:
    return domain.Weather(
        hours=tuple(
            domain.HourWeather(
                start=hour.start,
                wind_mps=hour.wind_mps,
                wind_from_deg=hour.wind_from_deg,
                gust_mps=hour.gust_mps,
                rain_mm_h=hour.rain_mm_h,
                visibility_m=hour.visibility_m,
                temperature_c=hour.temperature_c,
            )
            for hour in sorted(hours, key=lambda hour: hour.start.timestamp())
        ),
        turbulence_intensity=_value(weather.turbulence_intensity),
        qnh_hpa=_value(weather.qnh_hpa),
        source=weather.vouched_by(),
        assumed=weather.assumed,
        stations=tuple(weather.stations),
    )


def _contingency(part: written.ContingencyIn) -> domain.Contingency:
    return domain.Contingency(
        lost_link=part.lost_link,
        lost_link_timeout_s=part.lost_link_timeout_s,
        reserve_fraction=part.reserve_fraction,
        return_height_m_agl=part.return_height_m_agl,
        rally_points=tuple(part.rally_points),
        landing_retries=part.landing_retries,
        least_reserve_fraction=part.least_reserve_fraction,
    )
