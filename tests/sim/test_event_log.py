"""Rows told of as they are written, kept elsewhere as JSON, give the very tables of the run again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import simpy

from dfr.errors import InputError
from dfr.sim.calls import Call, Visit, draw_calls
from dfr.sim.engine import Engine, model_flights
from dfr.sim.event_log import EventLog
from dfr.sim.events import vocabulary
from dfr.sim.inputs import SimInputs, Traffic
from dfr.sim.randomness import Spread, Streams


@pytest.fixture
def busy(deployment: SimInputs) -> SimInputs:
    """The deployment with more calls than its drone can serve, and other traffic that makes it give way."""
    traffic = Traffic(
        id="air ambulance",
        rule="return",
        rates_per_s=(0.0,) * 10,
        stay=Spread.constant(300.0),
        notice_s=10.0,
        blocks=((True,),),
    )
    return replace(deployment, traffic=(traffic,), rates_per_s=(20.0 / 3600.0,) * 10)


def test_rows_that_were_told_of_give_the_same_tables(busy: SimInputs) -> None:
    engine, lines = Engine(busy, simpy.Environment(), model_flights), []

    def keep(table: str, row: Any) -> None:
        lines.append(json.dumps([table, row], allow_nan=False))

    engine._log.tell_rows(keep)
    visits = [Visit(0, 4000.0, 4010.0, 4300.0)]
    log = engine.run(draw_calls(busy, Streams(3, 0)), visits)
    again = EventLog(busy, vocabulary(busy))
    again.visits = visits
    for line in lines:
        again.restore(*json.loads(line))
    tables, restored = log.tables(0), again.tables(0)
    assert {json.loads(line)[0] for line in lines} >= {"calls", "flights", "yields", "ready"}
    assert len(tables["calls"]["call"]) > 100
    for name, table in tables.items():
        for field, column in table.items():
            np.testing.assert_array_equal(restored[name][field], column, err_msg=f"{name}.{field}")


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("nothing", {}),
        ("calls", {}),
        ("yields", {"flight": "x"}),
        ("ready", {"dock": 0}),
        ("ready", {"dock": "x"}),
    ],
)
def test_a_row_that_is_none_is_refused(deployment: SimInputs, table: str, row: dict[str, object]) -> None:
    log = EventLog(deployment, vocabulary(deployment))
    with pytest.raises(InputError, match="is none"):
        log.restore(table, row)


def test_a_word_that_no_record_can_hold_is_refused(deployment: SimInputs, call: Callable[..., Call]) -> None:
    rows: list[tuple[str, Any]] = []
    engine = Engine(deployment, simpy.Environment(), model_flights)
    engine._log.tell_rows(lambda table, row: rows.append((table, row)))
    engine.run([call(0, 100.0)], [])
    row = next(row for table, row in rows if table == "calls")
    with pytest.raises(InputError, match="is none"):
        EventLog(deployment, vocabulary(deployment)).restore("calls", {**row, "outcome": "perhaps"})
