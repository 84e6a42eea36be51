"""The state of a plan: its content hash (`state_of`), refusal of stale edits, and news of it (`PlanNews`).

Every answer about the plan names the state it is of, and every edit the state it was made on. So a page never
shows an answer of another plan as this plan's, and no edit changes a plan that its author has not seen, not
even after the server was started again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dfr.errors import InputError
from dfr.io.files import json_line

DIGITS = 24
"""Hexadecimal digits of a state: 96 bits, so that no two plans share one."""

BEAT_S = 10.0
"""A page hears from the server at least this often, and so knows when it does not."""

CHUNK_BYTES = 1 << 20


class StalePlanError(InputError):
    """An edit of a plan that has changed since its author saw it."""

    code = "stale-plan"

    def __init__(self) -> None:
        super().__init__(
            "the plan has changed since you saw it, so your edit was not made",
            do="look at the plan as it is now, then edit it again",
        )


def state_of(scenario_sha256: str, files: Mapping[Path, str], docks: Iterable[str]) -> str:
    """The content hash of a plan: of its scenario (and own drone), its files, and the docks chosen."""
    content = [scenario_sha256, sorted((path.name, digest) for path, digest in files.items()), sorted(docks)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:DIGITS]


def digest_of(path: Path) -> str:
    """The SHA-256 of a file; '' where it cannot be read."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                found.update(chunk)
    except OSError:
        return ""
    return found.hexdigest()


class PlanNews:
    """Wakes every open page when the plan has changed; `announce` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def announce(self) -> None:
        """Say that the plan has changed."""
        with self._lock:
            pages = list(self._pages.items())
        for changed, loop in pages:
            with suppress(RuntimeError):  # the loop of a page that has just gone
                loop.call_soon_threadsafe(changed.set)

    @property
    def listeners(self) -> int:
        """How many pages are open."""
        return len(self._pages)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """An event that is set at each change, in the loop that is running."""
        changed = asyncio.Event()
        with self._lock:
            self._pages[changed] = asyncio.get_running_loop()
        try:
            yield changed
        finally:
            with self._lock:
                del self._pages[changed]


async def plan_events(news: PlanNews, tell: Callable[[], Mapping[str, Any]]) -> AsyncIterator[str]:
    """Server-sent events: what `tell` says at once, at each change, and every `BEAT_S` seconds."""
    with news.listen() as changed:
        while True:
            changed.clear()
            yield f"data: {json_line(await asyncio.to_thread(tell))}\n\n"
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), BEAT_S)
