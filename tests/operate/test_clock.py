"""The clock of a live shift: what other threads ask of the shift's own is answered at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from dfr.errors import InputError
from dfr.operate.clock import LiveClock, ShiftDefectError


def test_a_defect_ends_the_shift_loudly_and_whoever_asked_is_told_at_once():
    clock = LiveClock(lambda: 0.0)
    with ThreadPoolExecutor(1) as others:
        answer = others.submit(clock.ask, lambda: {}["no such thing"])
        with pytest.raises(KeyError, match="no such thing"):
            clock.run(until=clock.timeout(1e9))
        with pytest.raises(ShiftDefectError, match="a defect in dfr ended the shift") as told:
            answer.result(timeout=10.0)
    assert "watch the drones themselves" in str(told.value)


def test_what_cannot_be_done_is_told_and_the_shift_goes_on():
    clock, done = LiveClock(lambda: 0.0), []
    over = clock.event()

    def refuse() -> None:
        raise InputError("no such drone")

    def ask_twice() -> None:
        with pytest.raises(InputError, match="no such drone"):
            clock.ask(refuse)
        done.append(clock.ask(lambda: "done"))
        clock.post(over.succeed)

    with ThreadPoolExecutor(1) as others:
        asked = others.submit(ask_twice)
        clock.run(until=over)
        asked.result(timeout=10.0)
    assert done == ["done"]
