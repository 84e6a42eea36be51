"""A folder of deployments: its scenario files by the names of their addresses, and new ones in it.

A deployment is a scenario file with the files beside it: `NAME.yaml` in the folder, or in a folder of its own
one level below. Links are not followed, so that no address leads out of the folder.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dfr.errors import InputError
from dfr.io.files import write_atomically
from dfr.io.scenario_files import SUFFIXES
from dfr.io.yaml_reader import MAX_BYTES

MOST_FOLDERS = 1_000
"""More folders than this are not looked into (assumed: such a folder is no folder of deployments)."""

MOST_SAME_NAME = 100
LONGEST_SLUG = 40
SCENARIO_KEYS = (b"site", b"fleet", b"demand")
"""What the text of a scenario surely holds, even one with mistakes; other YAML files are none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentFile:
    """A scenario file of the folder. `slug` names it in addresses, the same as long as it has its name."""

    slug: str
    path: Path
    modified_ns: int
    size_bytes: int


def list_deployments(folder: Path) -> list[DeploymentFile]:
    """The deployments in a folder, the one changed last first. Raises InputError where it cannot be read."""
    root, taken = folder.resolve(), set[str]()
    found = []
    for path in sorted(_scenario_files(root), key=lambda p: (len(p.parts), p.as_posix())):
        slug = _slug_of_path(path.relative_to(root), taken)
        taken.add(slug)
        stat = path.stat()
        found.append(
            DeploymentFile(slug=slug, path=path, modified_ns=stat.st_mtime_ns, size_bytes=stat.st_size)
        )
    return sorted(found, key=lambda file: (-file.modified_ns, file.slug))


def add_deployment(folder: Path, name: str, text: str | bytes) -> Path:
    """The scenario file of a new deployment, written into a new folder that is named after it.

    A name that is taken gets a number. Raises InputError where nothing can be written.
    """
    slug = make_slug(name)
    for number in range(1, MOST_SAME_NAME):
        own = folder / (slug if number == 1 else f"{slug}-{number}")
        if own.with_suffix(".yaml").exists():
            continue
        try:
            own.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(f"{own}: {error.strerror}", do="choose another --folder") from error
        path = own / f"{own.name}.yaml"
        write_atomically(path, text)
        return path
    raise InputError(f"there are {MOST_SAME_NAME - 1} deployments called {slug}", do="choose another name")


def make_slug(name: str) -> str:
    """A name for addresses and folders: small letters, digits and hyphens.

    >>> make_slug("Übung (Süd) #2"), make_slug("../..")
    ('ubung-sud-2', 'deployment')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-") or "deployment"


def _slug_of_path(relative: Path, taken: set[str]) -> str:
    """The slug of a file; where the name loses something on the way, a digest of it tells it from others."""
    parts = (*relative.parent.parts, relative.stem)
    slug = make_slug("-".join(dict.fromkeys(parts)))
    if slug in {relative.stem, relative.parent.name} and slug not in taken:
        return slug
    digest = hashlib.sha256(relative.as_posix().encode("utf-8", "surrogateescape")).hexdigest()
    return f"{slug}-{digest[:6]}"


def _scenario_files(root: Path) -> Iterator[Path]:
    """The files that look like scenarios, in the folder and one level below."""
    entries = _entries(root)
    folders = [path for path in entries if path.is_dir() and not path.is_symlink()]
    for path in (*entries, *(inner for own in folders[:MOST_FOLDERS] for inner in _readable_entries(own))):
        if path.suffix in SUFFIXES and _is_scenario(path):
            yield path


def _entries(folder: Path) -> list[Path]:
    """What a folder holds, without hidden names. Raises InputError where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}", do="name a folder that can be read") from error


def _readable_entries(folder: Path) -> list[Path]:
    """What a folder holds; nothing where it cannot be read, since it need not be ours."""
    try:
        return _entries(folder)
    except InputError:
        return []


def _is_scenario(path: Path) -> bool:
    """Whether a file is a scenario by its words; a link, a pipe or a file past the limit is none."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
            return False
        return is_scenario_text(path.read_bytes())
    except OSError:
        return False


def is_scenario_text(text: bytes) -> bool:
    """Whether a text has the words of a scenario."""
    return all(re.search(rb"\b" + key + rb"[\"']?\s*:", text) for key in SCENARIO_KEYS)
