"""A verb run as a user runs it: in a process of its own, with no terminal to ask on."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any


def dfr(*arguments: object, timeout_s: float = 180.0, **options: Any) -> subprocess.CompletedProcess[str]:
    """The exit code and output of a verb; `options` are those of subprocess, such as `cwd`."""
    return subprocess.run(
        [sys.executable, "-m", "dfr", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
        **{"stdin": subprocess.DEVNULL, **options},
    )


def dfr_typed(*arguments: str, typed: bytes, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A verb on a terminal at which somebody types."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed)
        return subprocess.run(
            [sys.executable, "-m", "dfr", *arguments],
            stdin=theirs,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
            cwd=cwd,
        )
    finally:
        os.close(ours)
        os.close(theirs)
