"""A deployment as it is handed over (`read_bundle`): a scenario with the files beside it, loose or in a zip.

Sizes and names are bounded, and nothing leads out of the scenario's folder.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from dfr.archives import BROKEN_ARCHIVE
from dfr.errors import InputError
from dfr.io.deployment_folder import is_scenario_text
from dfr.io.files import write_atomically
from dfr.io.scenario_files import SUFFIXES, parse_scenario

MOST_FILES = 100
MOST_BYTES = 64 * 1024 * 1024
"""Of all files together, unpacked: those of a deployment with a terrain model (assumed) are some MiB."""

_PART = re.compile(r"[\w.+() -]{1,120}")
_LEFT_OUT = re.compile(r"(^|/)(\.|__MACOSX/|Thumbs\.db$)")
"""What file managers put into a zip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentBundle:
    """A scenario's name and content, and the files beside it by their paths from its folder."""

    name: str
    data: bytes
    beside: Mapping[str, bytes] = field(default_factory=dict)


def read_bundle(files: Iterable[tuple[str, bytes]]) -> DeploymentBundle:
    """The one scenario among files, or in a zip of them, with the others. Raises InputError.

    Raises ScenarioError with every problem of the scenario, such as a file that it names and nobody gave.
    """
    found = dict[str, bytes]()
    for name, data in files:
        found |= _unzip(data, name) if _may_be_bundle(data, name) else {_plain_name(name): data}
    if len(found) > MOST_FILES or sum(map(len, found.values())) > MOST_BYTES:
        raise InputError(
            f"{len(found)} files of {sum(map(len, found.values()))} bytes",
            do=f"give at most {MOST_FILES} files of {MOST_BYTES} bytes together",
        )
    bundle = _with_scenario(found)
    with TemporaryDirectory() as folder:
        write_beside(Path(folder), bundle.beside)
        parse_scenario(bundle.data, name=bundle.name, folder=Path(folder))
    return bundle


def write_beside(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a bundle into the folder of its scenario."""
    for path, data in files.items():
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{target.parent}: {error.strerror}", do="choose another folder") from error
        write_atomically(target, data)


def _with_scenario(files: Mapping[str, bytes]) -> DeploymentBundle:
    """The files about the scenario that they hold: the only file, or the only one that looks like one."""
    scenarios = [
        name
        for name, data in files.items()
        if Path(name).suffix.lower() in SUFFIXES and is_scenario_text(data)
    ]
    if len(files) == 1:
        scenarios = list(files)
    if not scenarios:
        raise InputError("none of the files is a scenario", do="choose the .yaml with those beside it")
    if len(scenarios) > 1:
        raise InputError(f"{' and '.join(scenarios[:3])} are scenarios", do="open one of them at a time")
    folder, name = posixpath.split(scenarios[0])
    above = f"{folder}/" if folder else ""
    beside = {
        path.removeprefix(above): data
        for path, data in files.items()
        if path.startswith(above) and path != scenarios[0]
    }
    return DeploymentBundle(name=name, data=files[scenarios[0]], beside=beside)


def _may_be_bundle(data: bytes, name: str) -> bool:
    """Whether a file may be the zip of a whole deployment; a KMZ or a workbook is none."""
    return data[:2] == b"PK" and name.lower().endswith(".zip")


def _plain_name(name: str) -> str:
    """The name of a single file, with whatever no file system likes replaced."""
    return re.sub(r"[^\w.+() -]", "-", name).lstrip(".")[-120:] or "file"


def _unzip(data: bytes, name: str) -> dict[str, bytes]:
    """The files of a zip by their paths; one without a scenario is itself a file beside a scenario."""
    found, left = dict[str, bytes](), MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            entries = [entry for entry in entries if not _LEFT_OUT.search(entry.filename)]
            if not any(Path(entry.filename).suffix.lower() in SUFFIXES for entry in entries):
                return {_plain_name(name): data}
            if len(entries) > MOST_FILES:
                raise InputError(f"{name}: {len(entries)} files", do=f"zip at most {MOST_FILES}")
            for entry in entries:
                with archive.open(entry) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise InputError(f"{name}: unpacks to more than {MOST_BYTES} bytes", do="zip less")
                found[_safe_path(entry.filename)] = content
    except BROKEN_ARCHIVE as error:
        raise InputError(f"{name:.80}: not a readable zip: {error}"[:300], do="zip it again") from error
    return found


def _safe_path(name: str) -> str:
    """A path below a folder. Raises InputError for one that leads elsewhere or hides."""
    path = name.replace("\\", "/")
    parts = path.split("/")
    if not all(_PART.fullmatch(part) and not part.startswith(".") for part in parts) or len(parts) > 8:
        raise InputError(f"{name!r:.80} is no name for a file beside a scenario", do="rename it")
    return path
