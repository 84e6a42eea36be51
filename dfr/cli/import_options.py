"""Options that take files over into a scenario: map features by their role, and a table of calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from dfr.cli.output import note
from dfr.errors import InputError
from dfr.io.call_columns import CallColumn, ColumnMatch
from dfr.io.call_dates import DateOrder
from dfr.io.call_import import world_with_calls
from dfr.io.deployment_import import ImportFiles
from dfr.scenario.features import FeatureKind
from dfr.world.model import World

Files = list[str] | None
_FILE = "Repeatable; FILE#NAME takes the features, or the folder, of that name."


def columns_option(column: str, whats: Iterable[str]) -> Any:
    """An option that says which column of a table holds what."""
    return typer.Option(
        metavar="WHAT=COLUMN",
        help=f"Which {column} holds {', '.join(whats)}; if not given, dfr guesses from the names of the"
        " columns. Repeatable.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnOptions:
    """What is known of the columns of a table of calls."""

    call_columns: Annotated[list[str] | None, columns_option("column", CallColumn)] = None
    call_dates: Annotated[
        DateOrder | None,
        typer.Option(help="Order of day, month and year, for a table whose dates can be read both ways."),
    ] = None
    call_grid: Annotated[
        str | None,
        typer.Option(
            metavar="EPSG:CODE", help="Grid of eastings and northings; if not given, EPSG:27700 (British)."
        ),
    ] = None
    call_grades: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORD=GRADE", help="Which grade of the scenario a word of the table means. Repeatable."
        ),
    ] = None

    @property
    def match(self) -> ColumnMatch:
        """What is known of the table. Raises InputError for words that cannot be used."""
        columns = dict(split_pairs(self.call_columns, "--call-columns"))
        unknown = next((what for what in columns if what not in list(CallColumn)), None)
        if unknown is not None:
            raise InputError(f"--call-columns {unknown}=", do=f"one of {', '.join(CallColumn)}")
        return ColumnMatch(
            columns={CallColumn(what): name for what, name in columns.items()},
            dates=self.call_dates,
            crs=self.call_grid,
            grades=self.grade_words,
        )

    @property
    def grade_words(self) -> dict[str, str]:
        """The grade of the scenario that each word of the table means."""
        return {word.casefold(): grade for word, grade in split_pairs(self.call_grades, "--call-grades")}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions(ColumnOptions):
    """A table of calls, and what is known of it."""

    calls: Annotated[
        Path | None,
        typer.Option(help="Table of calls that were made, CSV or .xlsx: the demand is estimated from it."),
    ] = None
    call_zones: Annotated[
        int | None,
        typer.Option(help="Number of demand zones to make of the calls; if not given, the zones stay."),
    ] = None

    def estimate_for(self, world: World) -> tuple[World, dict[str, object]]:
        """(The world with the demand of the calls that were given, what was estimated, for the JSON)."""
        if self.calls is None:
            return world, {}
        found_world, found = world_with_calls(world, self.calls, match=self.match, zones=self.call_zones)
        for line in found.lines():
            note(line)
        return found_world, {"calls": found.as_dict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions(CallOptions):
    """Map files by the role of their features, and a table of calls."""

    boundary: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Boundary of the site, from KML, KMZ, GeoJSON, GPX or a zipped shapefile."
        ),
    ] = None
    crowds: Annotated[Files, typer.Option(metavar="FILE", help=f"Areas of crowds. {_FILE}")] = None
    keep_outs: Annotated[Files, typer.Option(metavar="FILE", help=f"Areas that no drone enters. {_FILE}")] = (
        None
    )
    water: Annotated[Files, typer.Option(metavar="FILE", help=f"Areas of water. {_FILE}")] = None
    zones: Annotated[Files, typer.Option(metavar="FILE", help=f"Demand zones. {_FILE}")] = None
    sites: Annotated[Files, typer.Option(metavar="FILE", help=f"Candidate sites for docks. {_FILE}")] = None
    posts: Annotated[Files, typer.Option(metavar="FILE", help=f"Observers' posts. {_FILE}")] = None
    rally: Annotated[Files, typer.Option(metavar="FILE", help=f"Rally points. {_FILE}")] = None
    patrols: Annotated[Files, typer.Option(metavar="FILE", help=f"Posts of patrols. {_FILE}")] = None
    homes: Annotated[Files, typer.Option(metavar="FILE", help=f"Areas where people live. {_FILE}")] = None
    obstacles: Annotated[
        Files, typer.Option(metavar="FILE", help=f"Obstacles near docks, with their heights. {_FILE}")
    ] = None
    traffic: Annotated[Files, typer.Option(metavar="FILE", help=f"Areas of other air traffic. {_FILE}")] = (
        None
    )

    @property
    def files(self) -> ImportFiles:
        """What is to be imported."""
        features: dict[FeatureKind, Sequence[str]] = {
            FeatureKind.BOUNDARY: () if self.boundary is None else (self.boundary,),
            FeatureKind.CROWD: self.crowds or (),
            FeatureKind.KEEP_OUT: self.keep_outs or (),
            FeatureKind.WATER: self.water or (),
            FeatureKind.ZONE: self.zones or (),
            FeatureKind.SITE: self.sites or (),
            FeatureKind.POST: self.posts or (),
            FeatureKind.RALLY_POINT: self.rally or (),
            FeatureKind.PATROL: self.patrols or (),
            FeatureKind.HOME: self.homes or (),
            FeatureKind.OBSTACLE: self.obstacles or (),
            FeatureKind.TRAFFIC: self.traffic or (),
        }
        return ImportFiles(features=features, calls=self.calls, match=self.match, call_zones=self.call_zones)


def split_pairs(texts: Sequence[str] | None, flag: str) -> list[tuple[str, str]]:
    """(left, right) of each `left=right`. Raises InputError for a text without both."""
    pairs = [tuple(part.strip() for part in text.split("=", 1)) for text in texts or ()]
    for text, pair in zip(texts or (), pairs, strict=True):
        if len(pair) != 2 or not all(pair):
            raise InputError(f"{flag} {text!r}", do="write it as LEFT=RIGHT")
    return [(pair[0], pair[1]) for pair in pairs]
