"""One simulated shift as a picture needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dfr.metrics.timeline import ShiftKind, pick, timeline
from dfr.sim.events import DutyRecord, PhaseRecord, VisitRecord, WeatherRecord, YieldRecord

Make = Callable[..., Any]


def test_bars_and_calls_come_in_order_with_everything_that_lasted(
    records: Make, call: Make, flight: Make, missed: dict[str, Any]
) -> None:
    log = {
        "calls": [call(1, call_s=50.0, reason="traffic", **missed), call(0)],
        "flights": [flight(0)],
        "phases": [
            PhaseRecord(0, "east/1", "east", "on_scene", 100.0, 400.0),
            PhaseRecord(0, "east/1", "east", "climb", 40.0, 60.0),
        ],
        "yields": [YieldRecord(0, "helicopter", "hold_low", "on_scene", 200.0, 260.0)],
        "weather": [WeatherRecord("", 0.0, 500.0), WeatherRecord("wind", 500.0, 900.0)],
        "duties": [DutyRecord(0.0, 43200.0, 1, 1, 1)],
        "visits": [VisitRecord("helicopter", 190.0, 200.0, 260.0)],
    }
    shown = timeline(records({"calls": [call(7)]}, log), 1)
    assert [(bar.phase, bar.start_s) for bar in shown.bars] == [
        ("climb", 40.0),
        ("on_scene", 100.0),
        ("yield", 200.0),
    ]
    assert [(mark.call, mark.drone, mark.overhead_s) for mark in shown.calls] == [
        (0, "east/1", 100.0),
        (1, None, None),
    ]
    assert [mark.reason for mark in shown.missed] == ["traffic"]
    assert [(span.label, span.start_s) for span in shown.holds] == [("wind", 500.0)]
    assert [(span.label, span.end_s) for span in shown.visits] == [("helicopter", 260.0)]
    assert len(shown.shifts) == 1


def test_quiet_typical_and_worst_are_told_apart_by_calls_missed_then_by_calls(
    records: Make, call: Make, missed: dict[str, Any]
) -> None:
    def log(reached: int, lost: int) -> dict[str, Any]:
        return {
            "calls": [call(k) for k in range(reached)]
            + [call(reached + k, reason="traffic", **missed) for k in range(lost)]
        }

    run = records(log(5, 1), log(1, 0), log(2, 4), log(1, 1), log(9, 2))
    assert [pick(run, kind) for kind in (ShiftKind.QUIET, ShiftKind.TYPICAL, ShiftKind.WORST)] == [1, 0, 2]
