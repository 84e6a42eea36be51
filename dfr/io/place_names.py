"""Place names that a user loads (`load_place_names`): GeoNames' tables, or a CSV with name, lat and lon."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.files import decode_text, read_bounded

MOST_PLACES = 500_000
MOST_FOUND = 12
LONGEST_NAME = 100
GEONAMES_COLUMNS = 19
"""GeoNames' readme.txt: geonameid, name, asciiname, alternatenames, latitude, longitude, feature class,
feature code, country code, ..., population (15th), ..., modification date; by tabs, without a head."""

HEADS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "place", "asciiname"),
    "lat": ("lat", "latitude", "lat_deg"),
    "lon": ("lon", "lng", "long", "longitude", "lon_deg"),
    "country": ("country", "country_code", "iso2"),
    "population": ("population", "pop"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPlace:
    """A place of the index; `country` is '' and `population` 0 where the file does not say."""

    name: str
    position: Position
    country: str = ""
    population: int = 0

    @property
    def label(self) -> str:
        """The name with what tells it from others of that name."""
        return ", ".join(filter(None, (self.name, self.country, str(self.position))))


class PlaceNames:
    """An index of place names."""

    def __init__(self, places: Sequence[NamedPlace]) -> None:
        self._places = [(_fold(place.name), place) for place in places]

    def search(self, text: str) -> list[NamedPlace]:
        """The places whose name is the text or begins with it, whole names and larger places first."""
        wanted = _fold(text)
        if not wanted:
            return []
        found = [(folded != wanted, place) for folded, place in self._places if folded.startswith(wanted)]
        found.sort(key=lambda item: (item[0], -item[1].population, item[1].name))
        return [place for _, place in found[:MOST_FOUND]]

    def find_one(self, text: str) -> Position:
        """The only place of a name. Raises InputError where there is none, or more than one."""
        wanted = _fold(text)
        found = [place for folded, place in self._places if folded == wanted]
        if not found:
            close = ", ".join(place.name for place in self.search(text)[:3])
            raise InputError(
                f"no place {text!r:.60} in the index of names",
                do=f"did you mean {close}?" if close else "write coordinates",
            )
        if len(found) > 1:
            some = "; ".join(place.label for place in found[:5])
            raise InputError(
                f"{len(found)} places are called {text!r:.60}: {some}", do="write the coordinates"
            )
        return found[0].position


def load_place_names(path: Path) -> PlaceNames:
    """The index in a file. Raises InputError for a file that is none, with the line."""
    text, _ = decode_text(read_bounded(path))
    places: list[NamedPlace] = []
    rows = _geonames_rows(text) if _is_geonames(text) else _table_rows(text, path)
    for line, row in rows:
        if len(places) >= MOST_PLACES:
            raise InputError(f"{path}: more than {MOST_PLACES:,} places", do="load those of one country")
        places.append(_place_of(row, f"{path}:{line}"))
    if not places:
        raise InputError(f"{path}: no places", do="load a CSV with name, lat and lon, or a GeoNames table")
    return PlaceNames(places)


def _is_geonames(text: str) -> bool:
    return text.partition("\n")[0].count("\t") == GEONAMES_COLUMNS - 1


def _geonames_rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split("\t")
        if len(cells) == GEONAMES_COLUMNS:
            names = {"name": cells[1], "lat": cells[4], "lon": cells[5]}
            yield number, {**names, "country": cells[8], "population": cells[14]}


def _table_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a CSV by our names of its columns."""
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        head = [cell.strip().casefold() for cell in next(reader, [])]
        columns = {
            ours: head.index(theirs) for ours, names in HEADS.items() for theirs in names if theirs in head
        }
        for missing in {"name", "lat", "lon"} - columns.keys():
            raise InputError(f"{path}:1: no column {missing!r}", do="name the columns name, lat and lon")
        for row in reader:
            if row:
                yield reader.line_num, {ours: row[at] for ours, at in columns.items() if at < len(row)}
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: {error}", do="save it as plain CSV") from error


def _place_of(row: Mapping[str, str], where: str) -> NamedPlace:
    name = " ".join(row.get("name", "").split())[:LONGEST_NAME]
    try:
        position = Position(lat_deg=float(row.get("lat", "")), lon_deg=float(row.get("lon", "")))
    except (ValueError, InputError) as error:
        raise InputError(f"{where}: no position ({error})", do="write lat and lon in degrees") from error
    population = row.get("population", "").strip()
    return NamedPlace(
        name=name,
        position=position,
        country=row.get("country", "").strip()[:LONGEST_NAME],
        population=int(population) if population.isascii() and population.isdigit() else 0,
    )


def _fold(text: str) -> str:
    """A name without case, accents and double spaces: what people type."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
