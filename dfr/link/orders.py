"""What others ask of a flight in progress; the director does it in turn, or says why not."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from dfr.geo import Position


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """A new incident for a drone in the air: the path there, how long to stay, what to look at."""

    path: tuple[Position, ...]
    on_scene_s: float
    look_at: Position | None = None
    done: Future[None] = field(default_factory=Future)


@dataclass(frozen=True, kw_only=True)
class Recall:
    """Come home now."""

    done: Future[None] = field(default_factory=Future)


Order = NewTask | Recall


class Orders:
    """A queue from any thread to the director. Each order's future holds the refusal, where it is refused."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Order] = SimpleQueue()

    def retask(
        self, path: Sequence[Position], *, on_scene_s: float, look_at: Position | None = None
    ) -> Future[None]:
        """Send the drone on to the last place of a path."""
        order = NewTask(path=tuple(path), on_scene_s=on_scene_s, look_at=look_at)
        self._queue.put(order)
        return order.done

    def recall(self) -> Future[None]:
        """Call the drone home."""
        order = Recall()
        self._queue.put(order)
        return order.done

    def take_next(self) -> Order | None:
        """The oldest order that waits; None where none does."""
        try:
            return self._queue.get_nowait()
        except Empty:
            return None
