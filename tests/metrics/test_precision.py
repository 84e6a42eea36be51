"""Replications by precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dfr.errors import InputError
from dfr.metrics.kpi import summarise
from dfr.metrics.precision import Precision, replication_numbers
from dfr.sim.inputs import Deployment


def test_the_numbers_do_not_depend_on_where_a_run_was_stopped() -> None:
    whole = list(replication_numbers(10, 500))
    for held in range(500):
        assert list(replication_numbers(10, 500, held=held)) == [n for n in whole if n >= held]
    assert whole[-1] == 500


def test_a_run_is_precise_once_its_interval_is_narrow(
    records: Callable[..., Any], call: Callable[..., Any], deployment: Deployment
) -> None:
    def run(*overhead_s: float) -> Any:
        return summarise(
            records(*[{"calls": [call(0, overhead_s=t)]} for t in overhead_s]), deployment, seed=1
        )

    wanted = Precision.parsed("call_to_overhead_s:20")
    assert not wanted.holds(run(100.0))
    assert not wanted.holds(run(*[20.0, 180.0] * 30))
    assert wanted.holds(run(*[90.0, 110.0] * 30))
    with pytest.raises(InputError, match="call_to_overhead_s"):
        Precision("speed", 1.0).holds(run(100.0))


def test_no_run_ends_by_its_width_before_the_spread_is_known(
    records: Callable[..., Any], call: Callable[..., Any], deployment: Deployment
) -> None:
    few = records(*[{"calls": [call(0, overhead_s=t)]} for t in [99.0, 101.0] * 29])
    assert not Precision.parsed("call_to_overhead_s:20").holds(summarise(few, deployment, seed=1))


def test_a_figure_that_there_is_not_is_refused_before_anything_is_simulated() -> None:
    with pytest.raises(InputError, match="no key figure 'beauty'"):
        Precision.parsed("beauty:1")


@pytest.mark.parametrize("text", ["", "kpi", "kpi:", ":5", "kpi:0", "kpi:-1", "kpi:nan", "kpi:inf", "kpi:x"])
def test_what_is_no_precision_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="KPI:VALUE"):
        Precision.parsed(text)
