"""Keeps tables of landing odds on disk between runs, so that the same landings are not simulated again.

A table takes 8,500 simulated landings. It depends only on the drone, the dock, how the landing is guided,
turbulence, rain, and the model's code. The digest that names its file covers all of these: when one of
them changes, the table is made again. A verb starts with `use_landing_cache`.

    ~/.cache/dfr/landing_odds/3f0c....odds     or in the folder that DFR_CACHE names

Processes may share the folder: a file is written whole or not at all, and a damaged one is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

import dfr
from dfr.aircraft.landing import OddsCase, keep_odds
from dfr.errors import InputError
from dfr.geo import FloatArray
from dfr.io.files import write_atomically

FOLDER_VARIABLE = "DFR_CACHE"
MOST_TABLES = 1000  # half a megabyte; a year of weather in one scenario asks for about a dozen

MODEL_PACKAGES = ("aircraft", "ardupilot", "scenario", "world")
"""The packages whose code a landing may depend on, besides the modules next to them: up to `aircraft`."""


def use_landing_cache(*, on: bool = True) -> None:
    """Keep landing odds in the user's cache folder from now on, or off in this process alone."""
    keep_odds(LandingCache(cache_folder() / "landing_odds").odds if on else None)


def cache_folder() -> Path:
    """The folder of this user's caches, by the conventions of the platform unless DFR_CACHE names one."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else user_cache_path("dfr", appauthor=False)


@dataclass(frozen=True, slots=True)
class LandingCache:
    """Tables of landing odds in a folder; the most recently used are kept."""

    folder: Path
    most: int = MOST_TABLES

    def odds(self, case: OddsCase, fly: Callable[[], FloatArray]) -> FloatArray:
        """The table of a case: from the folder, else made by `fly` and then kept."""
        path = self.folder / f"{digest(case)}.odds"
        found = _read_table(path)
        if found is not None:
            return found
        made = fly()
        # A table that cannot be kept (full disk, no permission) is still correct.
        with suppress(InputError):
            write_atomically(path, _table_text(made))
            self._drop_oldest()
        return made

    def _drop_oldest(self) -> None:
        """Remove the files used longest ago, also what a killed process left half written."""
        files = sorted(_times_of(self.folder), reverse=True)
        for _, path in files[self.most :]:
            with suppress(OSError):
                path.unlink()


def digest(case: OddsCase) -> str:
    """SHA-256 of all that a table depends on: the case, and the code and libraries that fly it."""
    return _checksum_of(json.dumps([asdict(case), model_digest()], sort_keys=True, default=str))


@cache
def model_digest() -> str:
    """The digest of the code that a landing depends on."""
    return code_digest(model_files())


def code_digest(files: Mapping[str, Path]) -> str:
    """SHA-256 of the content of source files, and of the libraries and processor that run them."""
    content = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    machine = [platform.python_version(), platform.machine(), np.show_config(mode="dicts")]
    libraries = {name: version(name) for name in ("numpy", "scipy")}
    return _checksum_of(json.dumps([content, machine, libraries], sort_keys=True, default=str))


def model_files() -> dict[str, Path]:
    """The source files of the landing model by their name in the package."""
    package = Path(dfr.__file__).parent
    found = [
        *package.glob("*.py"),
        *(path for room in MODEL_PACKAGES for path in (package / room).rglob("*.py")),
    ]
    return {path.relative_to(package).as_posix(): path for path in sorted(found)}


def _table_text(table: FloatArray) -> str:
    """A table as JSON, each number exact, under the checksum of that line."""
    content = json.dumps(table.tolist())
    return f"{_checksum_of(content)}\n{content}\n"


def _read_table(path: Path) -> FloatArray | None:
    """The table in a file, which counts as used now; None where there is none, or it is damaged."""
    try:
        checksum, _, content = path.read_text(encoding="utf-8").partition("\n")
        os.utime(path)
    except (OSError, UnicodeDecodeError):
        return None
    content = content.strip()
    return np.array(json.loads(content)) if content and _checksum_of(content) == checksum else None


def _checksum_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _times_of(folder: Path) -> Iterator[tuple[float, Path]]:
    """When each file of a folder was used last; another process may take one away meanwhile."""
    for path in folder.iterdir():
        with suppress(OSError):
            yield path.stat().st_mtime, path
