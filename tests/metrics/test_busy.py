"""How busy drones are in records, and siting that agrees with it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from dfr.errors import InputError
from dfr.metrics.busy import agree, drones_busy
from dfr.sim.events import ReadyRecord
from dfr.sim.inputs import Deployment


def _plan(*names: str) -> Any:
    return SimpleNamespace(sites=[SimpleNamespace(id=name, drones=1) for name in names])


def test_a_drone_that_is_not_ready_is_busy_while_people_are_on_duty(
    records: Callable[..., Any], deployment: Deployment
) -> None:
    day = 86400.0
    log = {
        "readiness": [
            ReadyRecord("east", 2, 0.0, 21600.0),
            ReadyRecord("east", 1, 21600.0, day),
            ReadyRecord("east", 0, day, 2 * day),
        ]
    }
    assert drones_busy(records(log), deployment).tolist() == pytest.approx([(0.25 * 0 + 0.25 * 0.5 + 0.5)])


def test_siting_and_measuring_take_turns_until_the_layout_stays() -> None:
    asked: list[float] = []

    def place(busy: float) -> Any:
        asked.append(busy)
        return _plan("near") if busy < 0.5 else _plan("spread")

    found = agree(place, lambda plan: 0.6 if plan.sites[0].id == "near" else 0.55)
    assert asked == [0.3, 0.6, 0.55]
    assert (found.agreed, found.sited_for, found.measured) == (True, 0.55, 0.55)
    assert found.plan.sites[0].id == "spread"


def test_layouts_that_ask_for_each_other_are_told_as_not_agreed() -> None:
    found = agree(
        lambda busy: _plan("near") if busy < 0.5 else _plan("spread"),
        lambda plan: 0.6 if plan.sites[0].id == "near" else 0.4,
        rounds=5,
    )
    assert not found.agreed
    with pytest.raises(InputError, match="at least 1"):
        agree(lambda _: _plan(), lambda _: 0.0, rounds=0)
