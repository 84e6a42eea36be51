"""Orders to a drone in the air, a line each: `go LAT,LON [LAT,LON ...] for SECONDS`, `home`, `wait SECONDS`.

The director judges each order and refuses what was not checked; a line that is not an order is reported, and
the flight continues. `wait` counts the vehicle's seconds, so that a list of orders suits any speed-up.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from queue import Empty, SimpleQueue

from dfr.cli.output import note
from dfr.errors import InputError
from dfr.geo import Position
from dfr.link.orders import Orders
from dfr.link.vehicle import VehicleState

STANDARD_INPUT = "-"
YES = "yes"
ORDER_FORMS = "write 'go LAT,LON [LAT,LON ...] for SECONDS', 'home' or 'wait SECONDS'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """Fly along these places to the last one, and stay there."""

    places: tuple[Position, ...]
    on_scene_s: float

    def __str__(self) -> str:
        return f"go to {self.places[-1]} for {self.on_scene_s:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Come home now."""

    def __str__(self) -> str:
        return "come home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Read the next line only after so many seconds of the vehicle's clock."""

    seconds: float


def parse_order(line: str) -> Go | Home | Wait:
    """The order in a line. Raises InputError if there is none.

    >>> parse_order("go 50.781,-1.089 for 60").on_scene_s
    60.0
    """
    match line.split():
        case ["home"]:
            return Home()
        case ["wait", seconds]:
            return Wait(seconds=_parse_seconds(seconds, line))
        case ["go", *texts, "for", seconds] if texts:
            places = tuple(_parse_place(text, line) for text in texts)
            return Go(places=places, on_scene_s=_parse_seconds(seconds, line))
    raise InputError(f"{line!r} is not an order", do=f"{ORDER_FORMS}")


def _parse_place(text: str, line: str) -> Position:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{line!r}: {text!r} is not LAT,LON", do=f"{ORDER_FORMS}") from None
    return Position(lat_deg=lat, lon_deg=lon)


def _parse_seconds(text: str, line: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.0 < seconds < math.inf:
        raise InputError(f"{line!r}: {text!r} is not a number of seconds above 0", do=f"{ORDER_FORMS}")
    return seconds


class OrderDesk:
    """Hands lines to a flight's director one after the other, each when the one before is answered.

    With `ask` an order is given only where the line after it is `yes`.
    """

    def __init__(self, *, ask: bool) -> None:
        self.orders = Orders()
        self.lines: SimpleQueue[str] = SimpleQueue()
        self._ask = ask
        self._asked: Go | Home | None = None
        self._given: Future[None] | None = None
        self._idle_until_s = 0.0

    def __call__(self, state: VehicleState) -> None:
        """One look: tell what became of the last order, and take the next line."""
        now_s = state.t_s or 0.0
        if self._given is not None:
            if not self._given.done():
                return
            refusal = self._given.exception()
            note("order: done" if refusal is None else f"order REFUSED: {refusal}")
            self._given = None
        if now_s < self._idle_until_s:
            return
        try:
            line = self.lines.get_nowait().strip()
        except Empty:
            return
        if line:
            self._take_line(line, now_s)

    def _take_line(self, line: str, now_s: float) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            if line.lower() == YES:
                self._give_order(asked)
            else:
                note(f"{asked}: not confirmed, nothing was sent")
            return
        try:
            order = parse_order(line)
        except InputError as error:
            note(str(error))
            return
        if isinstance(order, Wait):
            self._idle_until_s = now_s + order.seconds
        elif self._ask:
            self._asked = order
            note(f"{order}: write 'yes' to send it, anything else to cancel it")
        else:
            self._give_order(order)

    def _give_order(self, order: Go | Home) -> None:
        note(f"order: {order}")
        if isinstance(order, Home):
            self._given = self.orders.recall()
        else:
            self._given = self.orders.retask(order.places, on_scene_s=order.on_scene_s)


@contextmanager
def order_desk(source: str | None, *, ask: bool) -> Iterator[OrderDesk]:
    """A desk that is fed from a file, a named pipe or standard input (`-`); from nothing where None.

    Raises InputError where it cannot be read.
    """
    desk = OrderDesk(ask=ask)
    if source is None:
        yield desk
        return
    try:
        # Raw: a thread that waits in a buffered read of standard input breaks the end of the process.
        stream = FileIO(0, closefd=False) if source == STANDARD_INPUT else FileIO(source)
    except OSError as error:
        raise InputError(
            f"--orders {source}: cannot be read: {error.strerror}", do="check the path"
        ) from error

    def read_lines() -> None:
        with stream:
            for line in stream:
                desk.lines.put(line.decode("utf-8", errors="replace"))

    threading.Thread(target=read_lines, daemon=True, name="orders").start()
    yield desk
