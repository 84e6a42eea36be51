"""What happens on Ctrl-C, `kill` or a closed terminal: one stop at a time, and what is kept is said."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dfr.errors import StoppedError

STOPS = tuple(each for each in signal.Signals if each.name in {"SIGINT", "SIGTERM", "SIGHUP"})
"""The signals that ask us to stop; Windows has no SIGHUP."""


@contextmanager
def stop_once() -> Iterator[Callable[[], None]]:
    """In the block the first of these signals raises KeyboardInterrupt; later ones are ignored.

    So nothing cuts short what the verb says about its end. The function that it yields lets one more signal
    through, for an ending that may itself take long. A signal that whoever started us has switched off
    (`nohup`, a shell's background job) stays off.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = {number: signal.getsignal(number) for number in STOPS}
    heeded = [number for number, handler in before.items() if handler is not signal.SIG_IGN]

    def raise_stop(number: int, _: object) -> None:
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(signal.Signals(number).name)

    def allow_stop() -> None:
        for number in heeded:
            signal.signal(number, raise_stop)

    try:
        allow_stop()
        yield allow_stop
    finally:
        for number in heeded:
            signal.signal(number, before[number])


@contextmanager
def explain_stop(words: Callable[[], str]) -> Iterator[None]:
    """Ctrl-C in the block raises StoppedError, which says what is kept and how to continue."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise StoppedError(f"stopped: {words()}") from stop


def give_up_stdout() -> None:
    """Write to nowhere from now on: the reader is gone, and the output still held back would fail too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
