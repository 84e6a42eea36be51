"""Ctrl-C, `kill` and a closed terminal, for verbs that must have the last word."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def one_stop() -> Iterator[Callable[[], None]]:
    """The first of these signals raises KeyboardInterrupt; later ones do not cut short what is then told.

    The function that it gives lets one more through, for an ending that may take long itself. A signal that
    whoever started us has switched off (`nohup`, a shell's background job) stays off.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = {number: signal.getsignal(number) for number in STOPS}
    heeded = [number for number, handler in before.items() if handler is not signal.SIG_IGN]

    def stop(number: int, frame: object) -> None:
        del frame
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(signal.Signals(number).name)

    def heed() -> None:
        for number in heeded:
            signal.signal(number, stop)

    try:
        heed()
        yield heed
    finally:
        for number in heeded:
            signal.signal(number, before[number])


def give_up_stdout() -> None:
    """The terminal is closed: what is still held back cannot be written at the end either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
