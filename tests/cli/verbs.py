"""A verb run as a user runs it: with no terminal to ask on; in a process of its own where that is tested."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

from dfr.cli.main import run

QUIET = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""What Python tells nobody who runs a program; pytest makes errors of them."""


def dfr(*arguments: object, cwd: Path | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    """The exit code and output of a verb in this process, which saves the start of another.

    With options of subprocess, such as `env`, it gets a process of its own.
    """
    if options:
        return dfr_process(*arguments, cwd=cwd, **options)
    told = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in ("stdout", "stderr")]
    words = ["dfr", *map(str, arguments)]
    with (
        contextlib.chdir(cwd or Path.cwd()),
        Path(os.devnull).open() as nothing,
        mock.patch.multiple(sys, argv=words, stdin=nothing, stdout=told[0], stderr=told[1]),
        warnings.catch_warnings(),
    ):
        warnings.resetwarnings()
        for kind in QUIET:
            warnings.simplefilter("ignore", kind)
        try:
            run()
        except SystemExit as end:
            code = end.code
    for stream in told:
        stream.seek(0)
    return subprocess.CompletedProcess(words, code, *(stream.read() for stream in told))


def dfr_process(
    *arguments: object, timeout_s: float = 180.0, **options: Any
) -> subprocess.CompletedProcess[str]:
    """The exit code and output of a verb in a process of its own; `options` are those of subprocess."""
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
