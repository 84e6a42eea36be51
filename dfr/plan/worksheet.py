"""The ground and air risk worksheet of a plan: every input, where it is from, and the class it leads to.

iGRC by the table of SORA 2.5 in the column of the drone's size and speed, ARC by its airspace questions;
both are to be confirmed by the operator. A figure that nobody has given leaves the class unknown, not low.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import shapely

from dfr.plan.checks.airspace import AERODROME_KINDS
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

IGRC_COLUMNS = ((1.0, 25.0), (3.0, 35.0), (8.0, 75.0), (20.0, 120.0), (40.0, 200.0))
"""The columns of the table: the drone's size in m and speed in m/s, both at most."""

IGRC_ROWS: tuple[tuple[float, tuple[int | None, ...]], ...] = (
    (5, (2, 3, 4, 5, 6)),
    (50, (3, 4, 5, 6, 7)),
    (500, (4, 5, 6, 7, 8)),
    (5_000, (5, 6, 7, 8, 9)),
    (50_000, (6, 7, 8, 9, 10)),
    (math.inf, (7, 8, None, None, None)),
)
"""iGRC by people per km² below; None is outside SORA (JARUS SORA 2.5, table 2; to be confirmed)."""

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


def igrc_column(size_m: float, speed_mps: float) -> int | None:
    """The column that takes both the size and the speed of a drone; None beyond the table.

    >>> igrc_column(0.7, 21.0), igrc_column(1.1, 23.0), igrc_column(0.7, 30.0), igrc_column(50.0, 20.0)
    (0, 1, 1, None)
    """
    fitting = (k for k, (size, speed) in enumerate(IGRC_COLUMNS) if size_m <= size and speed_mps <= speed)
    return next(fitting, None)


def igrc_of(people_per_km2: float, *, size_m: float, speed_mps: float) -> int | None:
    """The intrinsic ground risk class over a density of people; None where the table has none.

    >>> [igrc_of(d, size_m=0.7, speed_mps=21.0) for d in (0.0, 5.0, 499.0, 50_000.0)]
    [2, 3, 4, 7]
    """
    column = igrc_column(size_m, speed_mps)
    if column is None:
        return None
    return next(classes[column] for below, classes in IGRC_ROWS if people_per_km2 < below)


def worksheet(world: World, plan: Plan) -> Worksheet:
    """The worksheet of a plan in its world."""
    context = context_of(world, plan)
    ground, igrc = _ground(context)
    air, arc = _air(context)
    return Worksheet(igrc=igrc, arc=arc, rows=(*_aircraft(context), *_volumes(context), *ground, *air))


def _row(part: str, item: str, value: str, source: str) -> WorksheetRow:
    return WorksheetRow(part=part, item=item, value=value, source=source)


def _aircraft(context: Context) -> list[WorksheetRow]:
    craft, part = context.craft, "Aircraft"
    source = f"hardware catalogue, {craft.name}"
    return [
        _row(part, "characteristic dimension", f"{craft.size_m:.2f} m", source),
        _row(part, "take-off mass", f"{craft.mass_kg:g} kg", source),
        _row(part, "greatest speed", f"{craft.max_speed_mps:g} m/s", source),
        _row(part, "cruise speed", f"{context.scenario.operation.cruise_mps:g} m/s", "scenario"),
    ]


def _volumes(context: Context) -> list[WorksheetRow]:
    inputs, found, part = inputs_of(context.scenario), buffers_of(context.scenario), "Volumes"
    rows = [
        _row(part, name.replace("_", " "), f"{value:g}", "FOCA/LBA method; scenario and catalogue")
        for name, value in asdict(inputs).items()
    ]
    speed, reached = inputs.speed_mps, "SORA variants in use"
    rows += [
        _row(part, "contingency, horizontal", f"{found.contingency_m:.1f} m", "S_CV"),
        _row(part, "contingency top", f"{found.contingency_top_m_agl:.1f} m AGL", "H_CV"),
        _row(part, "ground-risk buffer", f"{found.ground_risk_m:.1f} m", "S_GRB"),
        _row(part, "adjacent area, 180 s clipped to 5-35 km", f"{adjacent_area_m(speed):.0f} m", reached),
        _row(part, "adjacent area, 120 s", f"{adjacent_area_120s_m(speed):.0f} m", reached),
    ]
    area = context.plan.restricted_area
    if area is not None:
        known = area.upper_m_amsl
        top = "unknown: no terrain" if known is None else f"{known / FOOT_M:.0f} ft AMSL"
        words = f"{len(area.ring)} corners, {area.area_m2 / 1e6:.2f} km², from the surface to {top}"
        rows.append(_row(part, "proposed restricted area", words, "proposal of this plan"))
    return rows


# Ground -------------------------------------------------------------------------------------------


def _ground(context: Context) -> tuple[list[WorksheetRow], int | None]:
    buffer, part = context.area(GROUND_RISK_BUFFER), "Ground risk"
    inside = context.area(CONTINGENCY)
    rows: list[WorksheetRow] = [
        _row(part, "operational volume", f"{inside.area / 1e6:.3f} km²", "plan"),
        _row(part, "operational volume and ground-risk buffer", f"{buffer.area / 1e6:.3f} km²", "plan"),
    ]
    below = [(crowd, _people(context, crowd, buffer)) for crowd in context.scenario.site.crowds]
    densest = 0.0
    for crowd, (area_m2, people) in below:
        if area_m2 <= 0.0 or crowd.people_per_m2 <= 0.0:
            continue
        densest = max(densest, crowd.people_per_m2)
        span = f"{crowd.start:%a %H:%M}-{crowd.end:%a %H:%M}"
        words = (
            f"{crowd.people_per_m2:g} per m² on {area_m2:,.0f} m² of the buffer: {people:,.0f} people, {span}"
        )
        rows.append(_row(part, f"crowd: {crowd.name}", words, "crowd layer of the scenario"))
    resident = context.scenario.site.people_per_km2
    said = "unknown: give site.people_per_km2" if resident is None else f"{resident:g} per km²"
    rows.append(_row(part, "people outside crowds", said, "scenario (a census shows a festival field empty)"))
    igrc, why = _igrc(context, densest, resident)
    rows.append(_row(part, "iGRC", "unknown" if igrc is None else str(igrc), f"{TO_BE_CONFIRMED}; {why}"))
    return rows, igrc


def _people(context: Context, crowd: CrowdArea, buffer: shapely.Geometry) -> tuple[float, float]:
    """(m² of a crowd's area under the buffer, people on it)."""
    area = float(shapely.intersection(context.world.frame.polygon(crowd.area), buffer).area)
    return area, area * crowd.people_per_m2


def _igrc(context: Context, densest_per_m2: float, resident: float | None) -> tuple[int | None, str]:
    craft = context.craft
    column = igrc_column(craft.size_m, craft.max_speed_mps)
    if column is None:
        return None, f"a drone of {craft.size_m:g} m and {craft.max_speed_mps:g} m/s is beyond the table"
    size, speed = IGRC_COLUMNS[column]
    whose = f"column of up to {size:g} m and {speed:g} m/s"
    if densest_per_m2 >= CROWD_PER_M2:
        return IGRC_ROWS[-1][1][column], f"an assembly of people is under the buffer: the last row, {whose}"
    if resident is None:
        return None, "nobody has said how many people are there outside crowds"
    density = max(densest_per_m2 * 1e6, resident)
    found = igrc_of(density, size_m=craft.size_m, speed_mps=craft.max_speed_mps)
    return found, f"{density:g} people per km², {whose}"


# Air ----------------------------------------------------------------------------------------------


def _air(context: Context) -> tuple[list[WorksheetRow], str | None]:
    part, scenario = "Air risk", context.scenario
    volume = context.volume(GROUND_RISK_BUFFER)
    if volume is None:
        return [_row(part, "ARC", "unknown", "nothing is flown")], None
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
        _row(part, "contingency top", f"{top_ft:.0f} ft AGL", "plan; the table is for below 500 ft"),
        _row(part, "airspace", "not checked" if airspace is None else airspace.message, "dfr check"),
        _row(
            part,
            "aerodrome environment",
            "; ".join(aerodrome) or "none in reach of the buffer",
            "airspace files",
        ),
        _row(part, "urban", "yes" if urban else f"no ({scenario.site.surface.value})", "site.surface"),
        _row(part, "atypical air environment", "not claimed", "a claim is the operator's to make"),
    ]
    rows += [_traffic_row(part, item.kind, item.contact) for item in scenario.traffic]
    arc, why = _arc(top_ft, urban=urban, aerodrome=bool(aerodrome), clear=clear)
    rows.append(_row(part, "ARC", arc or "unknown", f"{TO_BE_CONFIRMED}; {why}"))
    return rows, arc


def _traffic_row(part: str, kind: str, contact: str) -> WorksheetRow:
    return _row(part, f"other traffic: {kind}", "procedure in the failure card", f"contact: {contact}")


def _reach_m(context: Context) -> float:
    """From the site's centre to the farthest corner of the buffer."""
    centre = shapely.Point(context.world.frame.point(context.scenario.site.centre))
    return float(shapely.hausdorff_distance(centre, context.area(GROUND_RISK_BUFFER)))


def _arc(top_ft: float, *, urban: bool, aerodrome: bool, clear: bool) -> tuple[str | None, str]:
    """The air risk class below 500 ft in Class G, None beyond the table."""
    if not clear:
        return None, "the airspace is not found clear, which is outside this table"
    if top_ft >= ARC_LOW_FT:
        return None, "500 ft or more, which is outside this table"
    if aerodrome:
        return "ARC-c", "aerodrome environment"
    return ("ARC-c", "below 500 ft, urban") if urban else ("ARC-b", "below 500 ft, rural")
