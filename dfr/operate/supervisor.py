"""Starts a shift again whenever its process ends by itself, is killed, or hangs: `supervise`.

The process of the shift is a fork of the supervisor, which has loaded all that it needs: started again, it is
heard by the vehicles within about a second. Until then the vehicles' own failsafes hold.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from dfr.link.pacing import now_s

ALIVE = "alive"
"""The file in the folder of a shift that its process touches twice a second, and removes at its end."""

HANGS_S = 5.0
"""A process that has touched nothing for so long is stopped or hangs: it is killed (assumed)."""

STARTS_WITHIN_S = 120.0
"""Until its first touch a process reads its scenario and works out its shift (assumed)."""

CLOSES_WITHIN_S = 60.0
"""Pages, lines and logs are closed by then, once the shift has ended (assumed)."""

AGAIN_S = 0.2
LOOK_EVERY_S = 0.05
MOST_STARTS, WITHIN_S = 10, 120.0
"""Ending so often within so long, it would not run the next time either (assumed)."""

MOST_IN_VAIN = 5
"""So often in turn a start ended before the shift began: the next would too (assumed)."""

LEFT_ALONE = (
    "Nobody commands the vehicles now: each that flies does what its own failsafe says, and each other stays"
    " where it is -> watch them, bring one home with its transmitter or `dfr vehicle recall`, then start the"
    " shift again in the same folder"
)
"""What is so once nobody starts the shift again, and what to do."""

EXIT_DEFECT = 1
ENDED = frozenset({0, 130})
"""Exit codes of a shift that ended as it should: it is not started again."""

CANNOT_BE_RUN = frozenset({2, 3, 4})
"""Exit codes of a shift that cannot be run. One that ran before may have drones in the air: it is started
again."""


class Supervisor:
    """The process that waits for the shift's: `tell` gets what happens to it, `stops` are passed on to it."""

    def __init__(self, folder: Path, tell: Callable[[str], None], *, stops: Sequence[signal.Signals]) -> None:
        self._alive, self._tell, self._stops = folder / ALIVE, tell, stops
        self._child = 0
        self._to_pass_on: int | None = None
        self._stopped = self._closes = self._has_run = False
        self._in_vain = 0

    def supervise(self) -> tuple[int | None, bool]:
        """(None, whether it is not the first) in each process that is to run the shift.

        In the supervisor itself the exit code, once the shift has ended for good. A signal that would stop it
        is passed on, and the shift ends as it does for that signal. No thread may run yet.
        """
        before = {number: signal.signal(number, self._pass_on) for number in self._stops}
        starts: list[float] = []
        while True:
            starts = [each for each in starts if now_s() - each < WITHIN_S]
            if hopeless := self._why_hopeless(len(starts)):
                self._tell(f"{hopeless}: not started again. {LEFT_ALONE}")
                return EXIT_DEFECT, True
            starts.append(now_s())
            self._in_vain += 1
            again = self._child != 0
            self._alive.unlink(missing_ok=True)
            sys.stdout.flush()
            signal.pthread_sigmask(signal.SIG_BLOCK, self._stops)
            self._child = os.fork()
            if self._child == 0:
                os.setsid()
                for number, handler in before.items():
                    signal.signal(number, handler)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, self._stops)
                return None, again
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._stops)
            code = self._watch()
            self._has_run = self._has_run or self._alive.exists()
            refused = code in CANNOT_BE_RUN and not self._has_run
            if self._stopped or self._closes or code in ENDED or refused:
                return code, again
            self._tell(f"the shift ended (exit code {code}): starting it again")
            time.sleep(AGAIN_S)

    def _why_hopeless(self, starts: int) -> str:
        """Why another start would not help; '' where it may."""
        if self._in_vain >= MOST_IN_VAIN:
            return f"{self._in_vain} times in turn the shift ended before it had begun"
        return f"the shift ended {starts} times within {WITHIN_S:.0f} s" if starts >= MOST_STARTS else ""

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        # Passed on while it is watched: the child may not be known yet, or be another by then.
        self._stopped, self._to_pass_on = True, number

    def _watch(self) -> int:
        """The exit code of the shift's process once it ends; one that hangs is killed."""
        touched_s, seen, limit_s = now_s(), 0, STARTS_WITHIN_S
        while True:
            ended, status = os.waitpid(self._child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            if self._to_pass_on is not None:
                os.kill(self._child, self._to_pass_on)
                self._to_pass_on = None
            time.sleep(LOOK_EVERY_S)
            stamp = self._alive.stat().st_mtime_ns if self._alive.exists() else 0
            if stamp != seen:
                self._closes = stamp == 0
                seen, touched_s, self._in_vain = stamp, now_s(), 0
                limit_s = CLOSES_WITHIN_S if self._closes else HANGS_S
            elif now_s() - touched_s > limit_s:
                what = "hung for" if seen or self._closes else "not begun within"
                self._tell(f"the shift has {what} {limit_s:.0f} s: killing it")
                touched_s = now_s()
                os.kill(self._child, signal.SIGKILL)
