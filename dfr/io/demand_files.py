"""Files of calls at their own places (`with_demand_places`): tables of points or calls, and rasters.

A table has a place in each row, and may say in a column `calls` how many calls that counts; without it each
row is one call. A raster says how many calls each of its cells counts, at the middle of the cell. Only their
proportions count: how many calls a day has is the scenario's.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from dfr.errors import InputError, Problem
from dfr.findings import counted_noun
from dfr.geo import LocalFrame, Position
from dfr.io.call_columns import CallColumn, guess_columns
from dfr.io.call_sheets import PlaceReader
from dfr.io.files import read_bounded
from dfr.io.sheets import MAX_SHEET_BYTES, Sheet, cell_number, read_sheet
from dfr.io.terrain_files import is_raster, read_raster
from dfr.scenario.model import Assumption, Scenario
from dfr.world.demand_points import CallPlaces, zones_of_places
from dfr.world.terrain import degrees_of_cells

CALLS = "calls"
MAX_PLACES_BYTES = MAX_SHEET_BYTES
MOST_SHOWN = 5
MOST_CALLS = 1e9


def with_demand_places(scenario: Scenario) -> Scenario:
    """The scenario with its zones made of the file of calls that it names; itself where it names none.

    Raises InputError for a file that cannot be read, or holds no call inside the boundary.
    """
    points = scenario.demand.points
    if points is None:
        return scenario
    path = Path(points.path)
    places = read_places(read_bounded(path, limit_bytes=MAX_PLACES_BYTES), path.name, scenario.site.centre)
    frame = LocalFrame(scenario.site.centre)
    try:
        made = zones_of_places(places, boundary=scenario.site.boundary, frame=frame, cell_m=points.cell_m)
    except InputError as error:
        raise InputError(f"{path.name}: {error.what}", do=error.do) from error
    told = Assumption(
        path="demand.points.zones",
        value=f"{counted_noun(len(made.zones), 'zone')} of {counted_noun(len(places.calls), 'place')}",
        assumed=False,
        source=f"{path.name}; {made.outside_share:.1%} of its calls are outside the boundary and left out",
    )
    demand = replace(scenario.demand, zones=made.zones)
    return replace(scenario, demand=demand, assumptions=(*scenario.assumptions, told))


def read_places(data: bytes, name: str, near: Position) -> CallPlaces:
    """The places of calls in a table or a raster. Raises InputError that says what is wrong."""
    return _read_cells(data, name) if is_raster(data) else _read_table(read_sheet(data, name=name), near)


def _read_cells(data: bytes, name: str) -> CallPlaces:
    grid = read_raster(data, name, valid=(0.0, MOST_CALLS))
    rows, columns = np.nonzero(np.nan_to_num(grid.heights) > 0.0)
    if not rows.size:
        raise InputError(f"{name}: no cell counts a call", do="check the file")
    lat, lon = degrees_of_cells(grid, rows, columns)
    return CallPlaces(lat_deg=lat, lon_deg=lon, calls=grid.heights[rows, columns].astype(float))


def _read_table(sheet: Sheet, near: Position) -> CallPlaces:
    columns: dict[CallColumn, str] = {
        what: column
        for what, column in guess_columns(sheet.columns).items()
        if what in (CallColumn.LAT, CallColumn.LON, CallColumn.EASTING, CallColumn.NORTHING)
    }
    if not columns:
        raise InputError(
            f"{sheet.name}: which columns tell the place is not known",
            do=f"name them lat and lon, or easting and northing; there are {', '.join(sheet.columns)}",
        )
    counted = next((column for column in sheet.columns if column.casefold() == CALLS), None)
    reader, problems, found = PlaceReader(sheet.name, near), list[Problem](), list[tuple[Position, float]]()
    for row in sheet.rows:
        cells = dict(zip(sheet.columns, row.cells, strict=True))
        try:
            told = {what: cells[column] for what, column in columns.items()}
            found.append((_read_place(reader, told), _read_count("1" if counted is None else cells[counted])))
        except InputError as error:
            problems.append(Problem(file=sheet.name, line=row.line, path="", what=error.what, do=error.do))
    if problems:
        more = len(problems) - MOST_SHOWN
        said = [*map(str, problems[:MOST_SHOWN]), *([f"... and {more} more"] if more > 0 else [])]
        raise InputError("\n".join(said))
    if not found:
        raise InputError(f"{sheet.name}: no places", do="give one row for each place below the header")
    return CallPlaces(
        lat_deg=np.array([place.lat_deg for place, _ in found]),
        lon_deg=np.array([place.lon_deg for place, _ in found]),
        calls=np.array([count for _, count in found]),
    )


def _read_place(reader: PlaceReader, told: dict[CallColumn, str]) -> Position:
    place = reader.read_place(told)
    if place is None:
        raise InputError("no place", do="fill it in, or take the row out")
    return place


def _read_count(text: str) -> float:
    value = cell_number(text)
    if not 0.0 <= value <= MOST_CALLS:
        raise InputError(
            f"{CALLS}: {text!r:.40} is not a number of calls",
            do="write a number of 0 or more, such as 1234 or 12.5",
        )
    return value
