"""The ground and air risk worksheet of a plan: every input, where it is from, and the class it leads to.

iGRC by the table of SORA 2.5 in the column of the drone's size and speed, ARC by its airspace questions;
both are to be confirmed by the operator. A figure that nobody has given leaves the class unknown, not low.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import shapely

from dfr.plan.checks.airspace import AERODROME_KINDS
from dfr.plan.checks.crowds import IGRC_COLUMNS, IGRC_ROWS, igrc_column, igrc_of
from dfr.plan.context import Context, context_of
from dfr.plan.model import Plan
from dfr.plan.volumes import (
    CONTINGENCY,
    GROUND_RISK_BUFFER,
    adjacent_area_120s_m,
    adjacent_area_m,
    buffers_of,
    inputs_of,
)
from dfr.scenario.model import CrowdArea, Surface
from dfr.units import FOOT_M
from dfr.world.model import World

CROWD_PER_M2 = 0.05
"""From here on people are an assembly: the last row of the table."""

ARC_LOW_FT = 500.0
AIRSPACE_RULES = frozenset(
    {"airspace-class", "airspace-zone", "flight-restriction-zone", "temporary-restriction"}
)
TO_BE_CONFIRMED = "JARUS SORA 2.5 (to be confirmed)"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorksheetRow:
    """One line: what it is, its value in words, and who says so."""

    part: str
    item: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worksheet:
    """The lines, and the two classes; None where an input is missing."""

    igrc: int | None
    arc: str | None
    rows: tuple[WorksheetRow, ...]

    def as_dict(self) -> dict[str, object]:
        """The worksheet as it appears in JSON."""
        return {"igrc": self.igrc, "arc": self.arc, "rows": [asdict(row) for row in self.rows]}

    def as_markdown(self) -> str:
        """The worksheet as text to put into an application."""
        lines = [
            "# Ground and air risk worksheet",
            "",
            "Not an approval. Classes and tables are to be confirmed.",
        ]
        for part in dict.fromkeys(row.part for row in self.rows):
            lines += ["", f"## {part}", "", "| item | value | source |", "|---|---|---|"]
            lines += [f"| {r.item} | {r.value} | {r.source} |" for r in self.rows if r.part == part]
        return "\n".join(lines) + "\n"


def make_worksheet(world: World, plan: Plan) -> Worksheet:
    """The worksheet of a plan in its world."""
    context = context_of(world, plan)
    ground, igrc = _ground_rows(context)
    air, arc = _air_rows(context)
    return Worksheet(
        igrc=igrc, arc=arc, rows=(*_aircraft_rows(context), *_volume_rows(context), *ground, *air)
    )


def _make_row(part: str, item: str, value: str, source: str) -> WorksheetRow:
    return WorksheetRow(part=part, item=item, value=value, source=source)


def _aircraft_rows(context: Context) -> list[WorksheetRow]:
    drone, part = context.drone, "Aircraft"
    source = f"hardware catalogue, {drone.name}"
    return [
        _make_row(part, "characteristic dimension", f"{drone.size_m:.2f} m", source),
        _make_row(part, "take-off mass", f"{drone.mass_kg:g} kg", source),
        _make_row(part, "greatest speed", f"{drone.max_speed_mps:g} m/s", source),
        _make_row(part, "cruise speed", f"{context.scenario.operation.cruise_mps:g} m/s", "scenario"),
    ]


def _volume_rows(context: Context) -> list[WorksheetRow]:
    inputs, found, part = inputs_of(context.scenario), buffers_of(context.scenario), "Volumes"
    rows = [
        _make_row(part, name.replace("_", " "), f"{value:g}", "FOCA/LBA method; scenario and catalogue")
        for name, value in asdict(inputs).items()
    ]
    speed, reached = inputs.speed_mps, "SORA variants in use"
    rows += [
        _make_row(part, "contingency, horizontal", f"{found.contingency_m:.1f} m", "S_CV"),
        _make_row(part, "contingency top", f"{found.contingency_top_m_agl:.1f} m AGL", "H_CV"),
        _make_row(part, "ground-risk buffer", f"{found.ground_risk_m:.1f} m", "S_GRB"),
        _make_row(
            part, "adjacent area, 180 s clipped to 5-35 km", f"{adjacent_area_m(speed):.0f} m", reached
        ),
        _make_row(part, "adjacent area, 120 s", f"{adjacent_area_120s_m(speed):.0f} m", reached),
    ]
    area = context.plan.restricted_area
    if area is not None:
        known = area.upper_m_amsl
        top = "unknown: no terrain" if known is None else f"{known / FOOT_M:.0f} ft AMSL"
        words = f"{len(area.ring)} corners, {area.area_m2 / 1e6:.2f} km², from the surface to {top}"
        rows.append(_make_row(part, "proposed restricted area", words, "proposal of this plan"))
    return rows


# Ground -------------------------------------------------------------------------------------------


def _ground_rows(context: Context) -> tuple[list[WorksheetRow], int | None]:
    buffer, part = context.area(GROUND_RISK_BUFFER), "Ground risk"
    inside = context.area(CONTINGENCY)
    rows: list[WorksheetRow] = [
        _make_row(part, "operational volume", f"{inside.area / 1e6:.3f} km²", "plan"),
        _make_row(part, "operational volume and ground-risk buffer", f"{buffer.area / 1e6:.3f} km²", "plan"),
    ]
    below = [(crowd, _people_below(context, crowd, buffer)) for crowd in context.scenario.site.crowds]
    densest = 0.0
    for crowd, (area_m2, people) in below:
        if area_m2 <= 0.0 or crowd.people_per_m2 <= 0.0:
            continue
        densest = max(densest, crowd.people_per_m2)
        span = f"{crowd.start:%a %H:%M}-{crowd.end:%a %H:%M}"
        words = (
            f"{crowd.people_per_m2:g} per m² on {area_m2:,.0f} m² of the buffer: {people:,.0f} people, {span}"
        )
        rows.append(_make_row(part, f"crowd: {crowd.name}", words, "crowd layer of the scenario"))
    resident = context.scenario.site.people_per_km2
    said = "unknown: give site.people_per_km2" if resident is None else f"{resident:g} per km²"
    rows.append(
        _make_row(part, "people outside crowds", said, "scenario (a census shows a festival field empty)")
    )
    igrc, why = _find_igrc(context, densest, resident)
    rows.append(
        _make_row(part, "iGRC", "unknown" if igrc is None else str(igrc), f"{TO_BE_CONFIRMED}; {why}")
    )
    return rows, igrc


def _people_below(context: Context, crowd: CrowdArea, buffer: shapely.Geometry) -> tuple[float, float]:
    """(m² of a crowd's area under the buffer, people on it)."""
    area = float(shapely.intersection(context.world.frame.polygon(crowd.area), buffer).area)
    return area, area * crowd.people_per_m2


def _find_igrc(context: Context, densest_per_m2: float, resident: float | None) -> tuple[int | None, str]:
    drone = context.drone
    column = igrc_column(drone.size_m, drone.max_speed_mps)
    if column is None:
        return (
            None,
            f"a drone of {drone.size_m:g} m and {drone.max_speed_mps:g} m/s is beyond the table",
        )
    size, speed = IGRC_COLUMNS[column]
    whose = f"column of up to {size:g} m and {speed:g} m/s"
    if densest_per_m2 >= CROWD_PER_M2:
        return IGRC_ROWS[-1][1][column], f"an assembly of people is under the buffer: the last row, {whose}"
    if resident is None:
        return None, "nobody has said how many people are there outside crowds"
    density = max(densest_per_m2 * 1e6, resident)
    found = igrc_of(density, size_m=drone.size_m, speed_mps=drone.max_speed_mps)
    return found, f"{density:g} people per km², {whose}"


# Air ----------------------------------------------------------------------------------------------


def _air_rows(context: Context) -> tuple[list[WorksheetRow], str | None]:
    part, scenario = "Air risk", context.scenario
    volume = context.volume(GROUND_RISK_BUFFER)
    if volume is None:
        return [_make_row(part, "ARC", "unknown", "nothing is flown")], None
    top_ft = volume.top_m_agl / FOOT_M
    urban = scenario.site.surface is Surface.URBAN
    checked = [f for f in context.plan.findings if f.rule in AIRSPACE_RULES]
    airspace = next((f for f in checked if f.rule == "airspace-class"), None)
    clear = airspace is not None and not any(f.blocks for f in checked)
    aerodrome = [
        zone.label
        for zone, _ in context.world.airspace.zones_near(scenario.site.centre, within_m=_reach_m(context))
        if zone.kind.upper() in AERODROME_KINDS
    ]
    rows = [
        _make_row(part, "contingency top", f"{top_ft:.0f} ft AGL", "plan; the table is for below 500 ft"),
        _make_row(part, "airspace", "not checked" if airspace is None else airspace.message, "dfr check"),
        _make_row(
            part,
            "aerodrome environment",
            "; ".join(aerodrome) or "none in reach of the buffer",
            "airspace files",
        ),
        _make_row(part, "urban", "yes" if urban else f"no ({scenario.site.surface.value})", "site.surface"),
        _make_row(part, "atypical air environment", "not claimed", "a claim is the operator's to make"),
    ]
    rows += [_traffic_row(part, item.kind, item.contact) for item in scenario.traffic]
    arc, why = _find_arc(top_ft, urban=urban, aerodrome=bool(aerodrome), clear=clear)
    rows.append(_make_row(part, "ARC", arc or "unknown", f"{TO_BE_CONFIRMED}; {why}"))
    return rows, arc


def _traffic_row(part: str, kind: str, contact: str) -> WorksheetRow:
    return _make_row(part, f"other traffic: {kind}", "procedure in the failure card", f"contact: {contact}")


def _reach_m(context: Context) -> float:
    """From the site's centre to the farthest corner of the buffer."""
    centre = shapely.Point(context.world.frame.point(context.scenario.site.centre))
    return float(shapely.hausdorff_distance(centre, context.area(GROUND_RISK_BUFFER)))


def _find_arc(top_ft: float, *, urban: bool, aerodrome: bool, clear: bool) -> tuple[str | None, str]:
    """The air risk class below 500 ft in Class G, None beyond the table."""
    if not clear:
        return None, "the airspace is not found clear, which is outside this table"
    if top_ft >= ARC_LOW_FT:
        return None, "500 ft or more, which is outside this table"
    if aerodrome:
        return "ARC-c", "aerodrome environment"
    return ("ARC-c", "below 500 ft, urban") if urban else ("ARC-b", "below 500 ft, rural")
