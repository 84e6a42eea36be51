"""What happens on Ctrl-C, `kill` or a closed terminal: one stop at a time, and what is kept is said."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from dfr.errors import ClusterLostError, StoppedError

STOPS = tuple(each for each in signal.Signals if each.name in {"SIGINT", "SIGTERM", "SIGHUP"})
"""The signals that ask us to stop; Windows has no SIGHUP."""


@contextmanager
def stop_once() -> Iterator[Callable[[], None]]:
    """In the block the first of these signals raises KeyboardInterrupt; later ones are ignored.

    So nothing cuts short what the verb says about its end. The function that it yields lets one more signal
    through, for an ending that may itself take long. A signal that whoever started us has switched off
    (`nohup`, a shell's background job) stays off.
    """
    heeded = _stops_left_on()

    def raise_stop(number: int, _: object) -> None:
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(signal.Signals(number).name)

    def allow_stop() -> None:
        for number in heeded:
            signal.signal(number, raise_stop)

    with _handle_stops(heeded, raise_stop):
        yield allow_stop


@contextmanager
def stop_softly(
    has_something: Callable[[], bool], say_so: Callable[[], None]
) -> Iterator[Callable[[], bool]]:
    """In the block the first of these signals lets the work end with what it has, if it has something.

    The function that it yields is true from then on, and `say_so` has told the person. A second signal, or
    the first where there is nothing yet, raises KeyboardInterrupt.
    """
    stopped = threading.Event()

    def hear_stop(number: int, _: object) -> None:
        if stopped.is_set() or not has_something():
            raise KeyboardInterrupt(signal.Signals(number).name)
        stopped.set()
        say_so()

    with _handle_stops(_stops_left_on(), hear_stop):
        yield stopped.is_set


def _stops_left_on() -> list[signal.Signals]:
    """The signals that whoever started us has not switched off; none outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return []
    return [number for number in STOPS if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def _handle_stops(numbers: Sequence[signal.Signals], hear: Callable[[int, object], None]) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        for number in numbers:
            signal.signal(number, hear)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def explain_stop(words: Callable[[], str]) -> Iterator[None]:
    """Ctrl-C in the block raises StoppedError, which says what is kept and how to continue.

    So does a ClusterLostError from then on.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        raise StoppedError(f"stopped: {words()}") from stop
    except ClusterLostError as lost:
        raise ClusterLostError(f"{lost.what}: {words()}") from lost


def give_up_stdout() -> None:
    """Write to nowhere from now on: the reader is gone, and the output still held back would fail too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
