"""A vehicle's folder, and a guard process that removes vehicle and folder if their starter is killed.

The guard is a small process that hears of the folder before there is one and of the starter's death by the
end of a pipe, so there is no moment at which a kill leaves something behind. It knows the vehicle's
processes by a word in their environment; where there is no /proc, the built-in vehicle watches its parent
itself. Standard library only: the guard runs this file alone, and has to be there at once.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "DFR_SITL_GUARD"
LOOK_S = 0.5
"""How often the guard looks whether its parent lives, should somebody else keep the pipe open."""

END_S = 30.0
"""The longest that the guard tries to end what is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedFolder:
    """A vehicle's folder, and the environment by which the guard knows the vehicle's processes."""

    path: Path
    environment: dict[str, str]


@contextlib.contextmanager
def guarded_folder(given: Path | None = None) -> Iterator[GuardedFolder]:
    """A folder for a vehicle started in the block: the given one, or a new one that ends with the block."""
    mark = f"dfr-sitl-{secrets.token_hex(8)}"
    folder = given or _temporary_place().resolve() / mark
    with _guard(mark, folder, own=given is None):
        folder.mkdir(mode=0o700 if given is None else 0o777, parents=True, exist_ok=True)
        try:
            yield GuardedFolder(path=folder, environment=os.environ | {MARK: mark})
        finally:
            if given is None:
                shutil.rmtree(folder, ignore_errors=True)


def _temporary_place() -> Path:
    """Where temporary files go. `tempfile.gettempdir` tries it with a file, which a kill leaves there."""
    named = next(filter(None, map(os.environ.get, ("TMPDIR", "TEMP", "TMP"))), None)
    return Path(named or ("/tmp" if os.name == "posix" else tempfile.gettempdir()))


@contextlib.contextmanager
def _guard(mark: str, folder: Path, *, own: bool) -> Iterator[None]:
    command = [sys.executable, "-I", "-S", __file__, str(os.getpid()), mark, *([str(folder)] if own else [])]
    # In a group of its own: a Ctrl-C or a kill that ends the starter's whole group must not end the guard.
    # Not in a session of its own: a busy Linux may let a new session wait for a minute.
    guard = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        yield
    finally:
        # Told, not only closed: a fork of this process may hold the pipe open.
        with contextlib.suppress(BrokenPipeError):
            guard.communicate(b"end")


def main(parent: int, mark: str, folder: str | None) -> None:
    """Wait for the end of the starter; then end what is left of the vehicle and its folder."""
    while os.getppid() == parent and not select.select([sys.stdin], [], [], LOOK_S)[0]:
        pass
    deadline = time.monotonic() + END_S
    while (left := _marked(mark)) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _marked(mark: str) -> list[int]:
    """The processes that a vehicle was started as; none where there is no /proc."""
    word = f"{MARK}={mark}\0".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if word in place.read_bytes() + b"\0":
                found.append(int(place.parent.name))
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)
