"""Keeps an earlier rehearsal when a new one goes to the same folder (`keep_earlier`): nothing is overwritten.

    FOLDER/report.html ...                   the latest rehearsal
    FOLDER/earlier/20240823T181500Z/...      an earlier one, named by the time it was written (UTC)

Replications of an unfinished run stay where they are, so that the same command continues with them.
"""

from __future__ import annotations

import itertools
import shutil
from datetime import UTC, datetime
from pathlib import Path

from dfr.errors import InputError
from dfr.store.origin import ORIGIN, PLAN

REHEARSED = "rehearsal.json"
EARLIER = "earlier"
RUN = "run"
MADE_FILES = ("report.html", REHEARSED, "map.svg", "n_minus_1.json", "front.json", "front.svg")
MADE_FOLDERS = ("flights", "tracks")
ORIGIN_FILES = (ORIGIN, PLAN)
"""The files that say which scenario and plan the others belong to."""


def keep_earlier(folder: Path) -> Path | None:
    """The folder inside this one to which its earlier rehearsal was moved; None where there was none.

    Every file with the name of a rehearsal's file is moved, whoever made it. Records are copied, because
    the same seed may continue with them. Raises InputError where the folder
    holds a simulation, which a rehearsal would mix with its own files, or cannot be written.
    """
    if (folder / "manifest.json").is_file():
        raise InputError(f"{folder} holds a run of `dfr simulate`", do="choose another --out")
    made = [folder / name for name in (*MADE_FILES, *MADE_FOLDERS) if (folder / name).exists()]
    foreign_plan = (folder / PLAN).is_file() and not (folder / ORIGIN).is_file()
    if not made and not foreign_plan:
        return None
    try:
        return _move_files(folder, made)
    except OSError as error:
        raise InputError(
            f"{folder}: its earlier rehearsal cannot be kept ({error.strerror})",
            do="choose another --out",
        ) from error


def _move_files(folder: Path, made: list[Path]) -> Path:
    kept = _free_name(folder / EARLIER, max(made or [folder / PLAN], key=_written_at))
    kept.mkdir(parents=True)
    for path in made:
        path.rename(kept / path.name)
    for name in ORIGIN_FILES:
        if (folder / name).is_file():
            (folder / name).rename(kept / name)
    if (folder / RUN / "kpis.json").is_file():
        shutil.copytree(folder / RUN, kept / RUN)
    return kept


def _written_at(path: Path) -> float:
    return path.stat().st_mtime


def _free_name(parent: Path, newest: Path) -> Path:
    stamp = f"{datetime.fromtimestamp(_written_at(newest), UTC):%Y%m%dT%H%M%SZ}"
    names = itertools.chain([stamp], (f"{stamp}-{number}" for number in itertools.count(2)))
    return next(parent / name for name in names if not (parent / name).exists())
