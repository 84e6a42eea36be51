"""Lint of airspace files: what is wrong with each; every volume is accounted for, whatever the bytes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from dfr.errors import InputError
from dfr.io.airspace.files import MAX_AIRSPACE_BYTES, read_airspace
from dfr.io.airspace.reading import AirspaceRead, ReadOutcome, ReadProblem
from dfr.io.files import read_bounded

LintReport = dict[str, object]

MAX_FILES = 10_000

SUFFIXES = frozenset(
    {
        ".txt", ".air", ".openair", ".yaml", ".yml", ".json", ".geojson", ".kml", ".kmz", ".xml", ".zip",
        ".aip", ".shp", ".gpkg",
    }
)  # fmt: skip
"""What counts as an airspace file in a folder; a file named on its own is read whatever its name."""


def files_under(paths: Sequence[Path]) -> list[Path]:
    """The files named and those in the folders named, sorted. Raises InputError for too many."""
    found: list[Path] = []
    for path in paths:
        found += _files_in(path) if path.is_dir() else [path]
        if len(found) > MAX_FILES:
            raise InputError(f"{path}: more than {MAX_FILES} files", do="lint a smaller folder")
    return found


def skipped_files(paths: Sequence[Path]) -> list[Path]:
    """The files in the folders named whose names do not say that they hold airspace; at most `MAX_FILES`."""
    folders = (path for path in paths if path.is_dir())
    others = (child for folder in folders for child in folder.rglob("*") if not _is_named_airspace(child))
    return sorted(islice((child for child in others if child.is_file()), MAX_FILES))


def _files_in(folder: Path) -> list[Path]:
    return sorted(child for child in folder.rglob("*") if _is_named_airspace(child) and child.is_file())


def _is_named_airspace(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def lint_file(path: Path) -> tuple[LintReport, bool]:
    """(the report of a file as JSON, whether it could be read and has a volume)."""
    begin = time.perf_counter()
    try:
        read = read_airspace(read_bounded(path, limit_bytes=MAX_AIRSPACE_BYTES), name=str(path))
        readable = bool(read.records_seen or read.obstacles or read.contacts)
    except InputError as error:
        problem = ReadProblem(line=None, code="unreadable", message=str(error), outcome=ReadOutcome.REFUSED)
        read = empty_read(str(path), problem)
        readable = False
    return _report_of(read, time.perf_counter() - begin), readable


def empty_read(name: str, problem: ReadProblem) -> AirspaceRead:
    """The reading of a file that holds nothing for one reason."""
    return AirspaceRead(
        name=name,
        kind="none",
        zones=(),
        defects=(),
        problems=(problem,),
        records_seen=0,
        repaired=0,
        unplaced=0,
    )


def _report_of(read: AirspaceRead, seconds: float) -> LintReport:
    box = read.coverage_bbox
    return {
        "file": read.name,
        "format": read.kind,
        "date": read.date,
        "records_seen": read.records_seen,
        "zones": len(read.zones),
        "obstacles": len(read.obstacles),
        "repaired": read.repaired,
        "refused": read.refused,
        "problems": [problem.as_dict() for problem in read.problems],
        "coverage_bbox": None if box is None else list(box),
        "coverage_stated": bool(read.coverage),
        "seconds": round(seconds, 4),
    }


def sum_reports(reports: Iterable[LintReport]) -> LintReport:
    """The sums over files; `coverage_bbox` holds all of theirs."""
    reports = list(reports)
    boxes = [box for report in reports if isinstance(box := report["coverage_bbox"], list)]
    west, south, east, north = zip(*boxes, strict=True) if boxes else ((), (), (), ())
    sums: LintReport = {key: sum(_as_int(r[key]) for r in reports) for key in COUNTS}
    problems: list[object] = []
    for report in reports:
        listed = report["problems"]
        problems += [{"file": report["file"], **item} for item in listed] if isinstance(listed, list) else []
    box = [min(west), min(south), max(east), max(north)] if boxes else None
    seconds = round(sum(float(str(r["seconds"])) for r in reports), 4)
    return {**sums, "problems": problems, "coverage_bbox": box, "seconds": seconds}


COUNTS = ("records_seen", "zones", "repaired", "refused")


def _as_int(value: object) -> int:
    return value if isinstance(value, int) else 0
