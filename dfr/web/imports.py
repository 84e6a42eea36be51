"""Files that a user drops on the Plan page (`Imports`): shown first, and taken over when the user says so.

A file is recognised by its content. What it holds is shown before anything changes; then map features, calls,
airspace, NOTAMs or weather become one edit of the plan, which can be undone like any other. Airspace, NOTAMs
and weather are kept beside the scenario, which names them; of calls nothing is kept but the estimate.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from dfr.errors import DfrError, InputError
from dfr.findings import counted_noun
from dfr.io.airspace.files import looks_like_notams, read_airspace
from dfr.io.call_columns import CallColumn, ColumnMatch
from dfr.io.call_dates import DateOrder
from dfr.io.call_import import import_calls
from dfr.io.deployment_folder import make_slug
from dfr.io.feature_import import (
    PEOPLE_PER_M2,
    ROLES,
    ImportChoices,
    import_edit,
    placeholder_kinds,
    possible_shapes,
    propose_role,
)
from dfr.io.files import decode_text, read_bounded, write_atomically
from dfr.io.map_features.files import read_features
from dfr.io.map_features.model import FeatureFile
from dfr.io.scenario_edit import read_plain_data
from dfr.io.sheets import Sheet, read_sheet
from dfr.io.weather.files import weather_kind
from dfr.scenario.edits import AllEdits, Edit, SetValue
from dfr.scenario.features import SPECS, FeatureKind, value_at
from dfr.scenario.model import Scenario
from dfr.web.page_words import words_for_page

MOST_FILES = 8
MOST_BYTES = 96 * 1024 * 1024
"""Together the files that wait to be taken over; the oldest goes first."""

MOST_SAME_NAME = 100
MOST_PROBLEMS = 30


class ImportAs(StrEnum):
    """What a file can be taken for."""

    FEATURES = "features"
    CALLS = "calls"
    AIRSPACE = "airspace"
    NOTAMS = "notams"
    WEATHER = "weather"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file to be written beside the scenario when its edit is made."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """What taking a file over means: an edit of the scenario, and the file that the edit names."""

    edit: Edit
    file: KeptFile | None = None


class Imports:
    """The files dropped on one deployment; every public method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def show(self, data: bytes, name: str, wanted: str, text: str, scenario: Scenario) -> dict[str, Any]:
        """What a dropped file holds, as what it is taken for: as asked, else as it looks."""
        label = safe_label(name)
        if not data.strip():
            raise InputError(f"{label}: is empty", do="export it again")
        kinds = possible_kinds(data, label)
        chosen = _read_kind(wanted) if wanted else kinds[0]
        shown = _SHOWING[chosen](data, label, text, scenario, ColumnMatch(columns={}))
        id_ = self._remember(data, label)
        return {"id": id_, "name": label, "as": chosen, "could_be": list(kinds), **shown}

    def show_calls(self, document: Mapping[str, Any], text: str, scenario: Scenario) -> dict[str, Any]:
        """What a table of calls says with its columns matched as the document says."""
        id_ = str(document.get("id", ""))
        name, data = self._file(id_)
        shown = _show_calls(
            data, name, text, scenario, _match_of(document), zones=_zones_of(document.get("zones"))
        )
        return {"id": id_, "name": name, "as": ImportAs.CALLS, **shown}

    def take_over(
        self, document: Mapping[str, Any], text: str, scenario: Scenario, *, folder: Path
    ) -> TakeOver:
        """What taking over a file means, as the document says; `folder` is that of the scenario."""
        label, data = self._file(str(document.get("id", "")))
        name = free_name(folder, label, data)
        return _TAKING[_read_kind(str(document.get("as", "")))](data, name, document, text, scenario)

    def forget(self, id_: str) -> None:
        """Drop a file that was taken over or refused."""
        with self._lock:
            self._files.pop(id_, None)

    def _remember(self, data: bytes, name: str) -> str:
        id_ = hashlib.sha256(data).hexdigest()[:24]
        with self._lock:
            self._files[id_] = (name, data)
            self._files.move_to_end(id_)
            while len(self._files) > MOST_FILES or sum(len(d) for _, d in self._files.values()) > MOST_BYTES:
                self._files.popitem(last=False)
        return id_

    def _file(self, id_: str) -> tuple[str, bytes]:
        with self._lock:
            if id_ not in self._files:
                raise InputError("the file is no longer here", do="drop it again")
            return self._files[id_]


@contextmanager
def kept_beside(folder: Path, file: KeptFile | None) -> Iterator[None]:
    """Write a file beside the scenario; it goes again if what follows fails."""
    if file is None:
        yield
        return
    path = folder / file.name
    was_there = path.exists()
    write_atomically(path, file.data)
    try:
        yield
    except DfrError:
        if not was_there:
            path.unlink(missing_ok=True)
        raise


# What a file is -----------------------------------------------------------------------------------


def safe_label(name: str) -> str:
    """A name to show and to keep a file under: without folders, in plain letters.

    >>> safe_label("../../etc/Süd plan (2).KML")
    'sud-plan-2.kml'
    """
    path = PurePosixPath(name.replace("\\", "/").replace("\0", ""))
    suffix = path.suffix.lower()
    return make_slug(path.stem) + (suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else "")


def free_name(folder: Path, name: str, data: bytes) -> str:
    """A name in a folder for a file to be kept: its own, or a numbered one where another file has it."""
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    for number in range(1, MOST_SAME_NAME):
        found = name if number == 1 else f"{stem}-{number}{suffix}"
        path = folder / found
        if not path.exists() or (path.is_file() and path.read_bytes() == data):
            return found
    raise InputError(f"there are {MOST_SAME_NAME - 1} files called {name}", do="rename the file")


def possible_kinds(data: bytes, name: str) -> tuple[ImportAs, ...]:
    """What a file can be taken for, the likeliest first."""
    head = decode_text(data[:65_536])[0].lstrip("\ufeff \t\r\n")
    return next(kinds for looks_so, kinds in _LOOKS if looks_so(data, head, name))


_FORECAST = re.compile(r'"hourly"|wind_?speed_10m|\bwind_mps\b')
_SITE_PLAN = re.compile(r"<(?:\w+:)?(?:kml|gpx)\b")
_AIRSPACE_LINES = re.compile(r"(?m)^(?:AC|AN|DP|DC) \S|^(?:airspace|release):")
_AIRSPACE_LIMITS = re.compile(r'"(?:upper|lower)(?:Limit|Reference|VerticalReference)"')
_BOTH = (ImportAs.FEATURES, ImportAs.AIRSPACE)
_LOOKS: tuple[tuple[Callable[[bytes, str, str], bool], tuple[ImportAs, ...]], ...] = (
    (lambda data, _, name: data[:2] == b"PK" and (b"xl/" in data or ".xls" in name), (ImportAs.CALLS,)),
    (lambda data, head, name: data[:2] == b"PK", _BOTH),
    (lambda data, head, name: looks_like_notams(head), (ImportAs.NOTAMS, ImportAs.AIRSPACE)),
    (lambda data, head, name: bool(_FORECAST.search(head)), (ImportAs.WEATHER,)),
    (lambda data, head, name: bool(_SITE_PLAN.search(head[:4096])), _BOTH),
    (lambda data, head, name: head.startswith("<"), (ImportAs.AIRSPACE,)),
    (lambda data, head, name: bool(_AIRSPACE_LIMITS.search(head)), _BOTH[::-1]),
    (lambda data, head, name: head.startswith("{"), _BOTH),
    (lambda data, head, name: bool(_AIRSPACE_LINES.search(head)), (ImportAs.AIRSPACE,)),
    (lambda data, head, name: weather_kind(data) != "forecast", (ImportAs.WEATHER, ImportAs.CALLS)),
    (lambda data, head, name: True, (ImportAs.CALLS, ImportAs.AIRSPACE)),
)
"""How a file of each kind looks, by its bytes, the beginning of its text and its name; the first counts."""


def _read_kind(text: str) -> ImportAs:
    try:
        return ImportAs(text)
    except ValueError as error:
        raise InputError(
            f"a file cannot be taken for {text!r:.30}", do=f"one of {', '.join(ImportAs)}"
        ) from error


# Map features ---------------------------------------------------------------------------------------


def _show_features(
    data: bytes, name: str, text: str, _scenario: Scenario, _match: ColumnMatch
) -> dict[str, Any]:
    file = read_features(data, name=name)
    plain = read_plain_data(text)
    return {
        "features": [
            {
                "number": number,
                "name": feature.name,
                "group": feature.group,
                "shape": feature.shape,
                "hole_of": feature.hole_of,
                "proposed": propose_role(feature),
                "corners": len(feature.points),
                "height_m": feature.height_m,
            }
            for number, feature in enumerate(file.features)
        ],
        "roles": [
            {"key": kind, "title": SPECS[kind].title, "shapes": list(possible_shapes(kind))} for kind in ROLES
        ],
        "placeholders": sorted(placeholder_kinds(plain)),
        "people_per_m2": PEOPLE_PER_M2,
        "problems": list(file.problems),
    }


def _take_features(
    data: bytes, name: str, document: Mapping[str, Any], text: str, _scenario: Scenario
) -> TakeOver:
    file: FeatureFile = read_features(data, name=name)
    roles = document.get("roles")
    if not isinstance(roles, dict):
        raise InputError("roles is missing", do="send {number: role}")
    replaced = document.get("replace", [])
    chosen = {_read_number(number): _read_role(role) for number, role in roles.items()}
    people = document.get("people_per_m2", PEOPLE_PER_M2)
    if isinstance(people, bool) or not isinstance(people, (int, float)) or not 0.0 < people <= 10.0:
        raise InputError("people_per_m2 is not a number from 0 to 10", do="give how dense the crowd is")
    height = document.get("obstacle_height_m")
    if height is not None and (
        isinstance(height, bool) or not isinstance(height, (int, float)) or not 0.0 < height <= 200.0
    ):
        raise InputError("obstacle_height_m is not a number from 0 to 200", do="give how high they are")
    choices = ImportChoices(
        obstacle_height_m=None if height is None else float(height),
        replace=frozenset(_read_role(kind) for kind in (replaced if isinstance(replaced, list) else ())),
        people_per_m2=float(people),
    )
    return TakeOver(edit=import_edit(file, chosen, read_plain_data(text), choices))


def _read_role(text: object) -> FeatureKind:
    try:
        return FeatureKind(str(text))
    except ValueError as error:
        raise InputError(f"{text!r:.30} is no role", do=f"one of {', '.join(ROLES)}") from error


def _read_number(text: str) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise InputError(f"{text!r:.20} is no number of a feature", do="read the file again")
    return int(text)


# Calls ----------------------------------------------------------------------------------------------


def _show_calls(
    data: bytes, name: str, text: str, scenario: Scenario, match: ColumnMatch, *, zones: int | None = None
) -> dict[str, Any]:
    """The columns with a sample of each, how they are matched, and what the calls come to."""
    sheet = read_sheet(data, name=name)
    shown: dict[str, Any] = {
        "columns": [{"name": column, "sample": _sample(sheet, column)} for column in sheet.columns],
        "can_tell": list(CallColumn),
        "date_orders": list(DateOrder),
        "grades": [grade.id for grade in scenario.demand.priorities],
        "rows": len(sheet.rows),
    }
    drawn = FeatureKind.ZONE in placeholder_kinds(read_plain_data(text))
    try:
        found = import_calls(
            data, name=name, scenario=scenario, match=match, zones=zones, zones_are_placeholders=drawn
        )
    except DfrError as error:
        return {**shown, "match": dict(match.columns), "problem": words_for_page(error), "lines": []}
    told = found.reading.match
    return {
        **shown,
        "match": dict(told.columns),
        "dates": told.dates,
        "crs": told.crs,
        "grade_words": dict(told.grades),
        "unknown_grades": found.reading.unknown_grades,
        "problem": "",
        "lines": list(found.lines()),
        "estimate": found.estimate.as_dict(),
    }


def _sample(sheet: Sheet, column: str) -> str:
    return next((cell[:40] for cell in sheet.cells_of(column) if cell), "")


def _take_calls(
    data: bytes, name: str, document: Mapping[str, Any], text: str, scenario: Scenario
) -> TakeOver:
    found = import_calls(
        data,
        name=name,
        scenario=scenario,
        match=_match_of(document),
        zones=_zones_of(document.get("zones")),
        zones_are_placeholders=FeatureKind.ZONE in placeholder_kinds(read_plain_data(text)),
    )
    return TakeOver(edit=found.edit_of(text))


def _match_of(document: Mapping[str, Any]) -> ColumnMatch:
    """The columns that a person matched by hand."""
    columns, grades = document.get("columns", {}), document.get("grades", {})
    if not isinstance(columns, dict) or not isinstance(grades, dict):
        raise InputError("columns or grades is no mapping", do="send {what: column} and {word: grade}")
    unknown = next((what for what in columns if what not in list(CallColumn)), None)
    if unknown is not None:
        raise InputError(f"no column tells {unknown!r:.30}", do=f"one of {', '.join(CallColumn)}")
    order, crs = document.get("dates"), document.get("crs")
    if order is not None and order not in list(DateOrder):
        raise InputError(f"{order!r:.20} is no order of dates", do=f"one of {', '.join(DateOrder)}")
    return ColumnMatch(
        columns={CallColumn(what): str(name) for what, name in columns.items()},
        dates=None if order is None else DateOrder(order),
        crs=None if not crs else str(crs),
        grades={str(word).casefold(): str(grade) for word, grade in grades.items() if grade},
    )


def _zones_of(count: object) -> int | None:
    if count in (None, "", 0):
        return None
    if isinstance(count, bool) or not isinstance(count, int):
        raise InputError(f"{count!r:.20} is no number of zones", do="give a whole number, or none")
    return count


# Airspace, NOTAMs and weather, kept beside the scenario ---------------------------------------------


def _show_airspace(
    data: bytes, name: str, _text: str, scenario: Scenario, _match: ColumnMatch
) -> dict[str, Any]:
    read = read_airspace(data, name=name)
    box = read.coverage_bbox
    centre = scenario.site.centre
    near = box is not None and box[0] <= centre.lon_deg <= box[2] and box[1] <= centre.lat_deg <= box[3]
    where = "reaches to the site" if near else "does not reach to the site"
    lines = [
        f"{counted_noun(len(read.zones), 'volume')} of airspace ({read.kind}), which {where}",
        f"{counted_noun(read.refused, 'volume')} could not be read whole: unknown where they may lie",
        f"its data are of {read.date}" if read.date else "it does not say of which date its data are",
        "it states what it covers"
        if read.coverage
        else "it does not state what it covers: its own zones only",
    ]
    found = [f"line {p.line}: {p.message}" for p in read.problems]
    return {
        "lines": [*lines, *read.omissions],
        "problems": found[:MOST_PROBLEMS],
        "more_problems": max(0, len(found) - MOST_PROBLEMS),
        "date": read.date[:10],
        "source": read.what,
    }


def _take_airspace(
    data: bytes, name: str, document: Mapping[str, Any], text: str, _scenario: Scenario
) -> TakeOver:
    date, source = _words(document, "date"), _words(document, "source")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        raise InputError("of which date the data are is not known", do="write it as 2025-06-21")
    if not source:
        raise InputError("nobody is named as the source of the airspace", do="write who published it")
    read_airspace(data, name=name)
    listed = value_at(read_plain_data(text), ("airspace",)) or []
    item = {"file": name, "date": date, "source": source}
    kept = [entry for entry in listed if value_at(entry, ("file",)) != name]
    return TakeOver(
        edit=AllEdits(edits=[SetValue(path=["airspace"], value=[*kept, item])], what=f"add airspace {name}"),
        file=KeptFile(name=name, data=data),
    )


def _show_notams(data: bytes, name: str, text: str, scenario: Scenario, match: ColumnMatch) -> dict[str, Any]:
    shown = _show_airspace(data, name, text, scenario, match)
    read = read_airspace(data, name=name)
    drawn = f"{counted_noun(len(read.zones), 'NOTAM')} drawn as airspace"
    return {**shown, "lines": [drawn, *shown["lines"][1:2]]}


def _take_notams(
    data: bytes, name: str, document: Mapping[str, Any], text: str, _scenario: Scenario
) -> TakeOver:
    reader, read_at = _words(document, "read_by"), _words(document, "read_at")
    if not reader:
        raise InputError("nobody is named who has read the NOTAMs", do="write who has")
    before = value_at(read_plain_data(text), ("notams",))
    files = [file for file in (value_at(before, ("files",)) or []) if file != name]
    new = {"read_by": reader, "read_at": read_at.replace("T", " ")[:16], "files": [*files, name]}
    kept = {key: value for key, value in (before or {}).items() if key in ("activated", "judged")}
    return TakeOver(
        edit=AllEdits(edits=[SetValue(path=["notams"], value={**new, **kept})], what=f"add NOTAMs {name}"),
        file=KeptFile(name=name, data=data),
    )


def _show_weather(
    data: bytes, _name: str, _text: str, _scenario: Scenario, _match: ColumnMatch
) -> dict[str, Any]:
    kind = weather_kind(data)
    words = {"metar": "reports (METAR)", "taf": "forecasts (TAF)", "forecast": "an hourly forecast"}[kind]
    return {
        "lines": [f"holds {words}: it goes before the scenario's own hours that it covers"],
        "problems": [],
    }


def _take_weather(
    data: bytes, name: str, _document: Mapping[str, Any], text: str, scenario: Scenario
) -> TakeOver:
    """The new file takes the place of one of its kind: the day's forecast replaces the one before."""
    before = value_at(read_plain_data(text), ("weather", "files")) or []
    kind = weather_kind(data)
    same = {
        Path(file).name for file in scenario.weather.files if weather_kind(read_bounded(Path(file))) == kind
    }
    files = [*(file for file in before if Path(file).name not in {name, *same}), name]
    return TakeOver(
        edit=AllEdits(edits=[SetValue(path=["weather", "files"], value=files)], what=f"add weather {name}"),
        file=KeptFile(name=name, data=data),
    )


def _words(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key, "")
    return " ".join(value.split())[:400] if isinstance(value, str) else ""


Showing = Callable[[bytes, str, str, Scenario, ColumnMatch], dict[str, Any]]
Taking = Callable[[bytes, str, Mapping[str, Any], str, Scenario], TakeOver]

_SHOWING: Mapping[ImportAs, Showing] = {
    ImportAs.FEATURES: _show_features,
    ImportAs.CALLS: _show_calls,
    ImportAs.AIRSPACE: _show_airspace,
    ImportAs.NOTAMS: _show_notams,
    ImportAs.WEATHER: _show_weather,
}
_TAKING: Mapping[ImportAs, Taking] = {
    ImportAs.FEATURES: _take_features,
    ImportAs.CALLS: _take_calls,
    ImportAs.AIRSPACE: _take_airspace,
    ImportAs.NOTAMS: _take_notams,
    ImportAs.WEATHER: _take_weather,
}
