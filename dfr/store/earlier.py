"""A folder whose rehearsal is made anew: the earlier one is kept under another name, never overwritten.

    FOLDER/report.html ...                   the rehearsal made last
    FOLDER/earlier/20240823T181500Z/...      one made before it, by when it was written (UTC)

Replications of an unfinished run stay where they are, so that the same command goes on with them.
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
TOLD_FILES = (ORIGIN, PLAN)
"""What says of which scenario and plan the made files are."""


def keep_earlier(folder: Path) -> Path | None:
    """Move an earlier rehearsal of a folder to one of its own inside it; None where there is none.

    So is moved what bears the name of a file that a rehearsal makes, whoever made it.

    Records are copied, since the same seed may go on with them. Raises InputError where the folder
    holds a simulation, which a rehearsal would mix with its own files, or cannot be written.
    """
    if (folder / "manifest.json").is_file():
        raise InputError(f"{folder} holds a run of `dfr simulate`", do="choose another --out")
    made = [folder / name for name in (*MADE_FILES, *MADE_FOLDERS) if (folder / name).exists()]
    a_plan_of_theirs = (folder / PLAN).is_file() and not (folder / ORIGIN).is_file()
    if not made and not a_plan_of_theirs:
        return None
    try:
        return _moved(folder, made)
    except OSError as error:
        raise InputError(
            f"{folder}: its earlier rehearsal cannot be kept ({error.strerror})", do="choose another --out"
        ) from error


def _moved(folder: Path, made: list[Path]) -> Path:
    kept = _free(folder / EARLIER, max(made or [folder / PLAN], key=_written))
    kept.mkdir(parents=True)
    for path in made:
        path.rename(kept / path.name)
    for name in TOLD_FILES:
        if (folder / name).is_file():
            (folder / name).rename(kept / name)
    if (folder / RUN / "kpis.json").is_file():
        shutil.copytree(folder / RUN, kept / RUN)
    return kept


def _written(path: Path) -> float:
    return path.stat().st_mtime


def _free(parent: Path, newest: Path) -> Path:
    stamp = f"{datetime.fromtimestamp(_written(newest), UTC):%Y%m%dT%H%M%SZ}"
    names = itertools.chain([stamp], (f"{stamp}-{number}" for number in itertools.count(2)))
    return next(parent / name for name in names if not (parent / name).exists())
