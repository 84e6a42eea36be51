"""What a worker process does: replications of one deployment, one after the other.

This module imports nothing of maps or files, so that a spawned process is at work quickly.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from dfr.sim.engine import replicate_tables
from dfr.sim.events import Tables, vocabulary
from dfr.sim.inputs import SimInputs

Keep = Callable[[int, Tables], Any]
"""What becomes of a finished replication, in the process that ran it; must be importable by name."""

_task: dict[str, Any] = {}


def start(inputs: SimInputs, seed: int, keep: Keep) -> None:
    """Make this process ready: what it works on, and that its parent alone answers Ctrl-C."""
    _task.update(inputs=inputs, seed=seed, keep=keep, words=vocabulary(inputs))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def run_one(replication: int) -> tuple[int, Any]:
    """Run a replication of this process's deployment."""
    tables = replicate_tables(
        _task["inputs"], seed=_task["seed"], replication=replication, words=_task["words"]
    )
    return replication, _task["keep"](replication, tables)


def _leave_with_parent() -> None:
    """A killed parent leaves no worker behind."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
