"""A deployment of one dock and two grades, and records of it written by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dfr.sim.event_log import to_tables
from dfr.sim.events import CallRecord, FlightRecord, Records, vocabulary
from dfr.sim.inputs import (
    Condition,
    Deployment,
    DockPlace,
    Duty,
    Grade,
    Landing,
    Leg,
    SimInputs,
    Traffic,
    ZoneDemand,
)
from dfr.sim.randomness import Spread

NAN = float("nan")


@pytest.fixture
def inputs() -> SimInputs:
    """Two days, people on duty in the first half of each, two drones in one dock."""
    leg = Leg(20.0, 40.0, 50.0, 30.0, 6.0, 8.0, 360.0)
    spread = Spread.constant(60.0)

    def grade(name: str, rank: int, target_s: float) -> Grade:
        return Grade(id=name, rank=rank, share=0.5, target_s=target_s, patience=spread, on_scene=spread)

    def duty(start_s: float) -> Duty:
        return Duty(start_s=start_s, end_s=start_s + 43200.0, drones=1, remote_pilots=1, safety_pilots=1)

    return SimInputs(
        scenario="by hand",
        hour_edges_s=tuple(3600.0 * hour for hour in range(49)),
        rates_per_s=(0.001,) * 48,
        rate_cv=0.0,
        zones=tuple(ZoneDemand(id=name, share=0.5, ground_travel_s=100.0) for name in ("stage", "beach")),
        grades=(grade("urgent", 0, 120.0), grade("routine", 1, 600.0)),
        decision=spread,
        launch=spread,
        video=spread,
        ground_mobilisation=spread,
        docks=(DockPlace(id="east", drones=2),),
        conditions=(
            Condition(
                hold="", legs=((leg, leg),), nearest=((0,), (0,)), landing=Landing(), battery_wh=math.inf
            ),
        ),
        condition_of_hour=(0,) * 48,
        duties=(duty(0.0), duty(86400.0)),
        traffic=(
            Traffic(
                id="helicopter",
                rule="hold_low",
                rates_per_s=(0.0,) * 48,
                stay=spread,
                notice_s=0.0,
                blocks=((True, True),),
            ),
        ),
        cleared_without_patrol=0.5,
        limits_s=(60.0, 90.0),
    )


@pytest.fixture
def deployment(inputs: SimInputs) -> Deployment:
    """The same as the key figures see it."""
    return inputs.deployment


@pytest.fixture
def records(inputs: SimInputs) -> Callable[..., Records]:
    """Makes records of the logs of several replications."""

    def make(*logs: dict[str, list[Any]]) -> Records:
        stormy = replace(inputs.conditions[0], hold="wind+rain")
        words = vocabulary(replace(inputs, conditions=(*inputs.conditions, stormy)))
        parts = [to_tables(log, words, number) for number, log in enumerate(logs)]
        return Records.joined(words, range(len(logs)), parts)

    return make


@pytest.fixture
def call() -> Callable[..., CallRecord]:
    """Makes a call record: heard at 0, decided at 10, airborne at 40, overhead at 100, video at 106."""

    def make(number: int, **other: Any) -> CallRecord:
        usual = CallRecord(
            call=number, zone="stage", grade="urgent", call_s=0.0, decided_s=10.0, dispatched_s=10.0,
            airborne_s=40.0, overhead_s=100.0, video_s=106.0, ground_s=160.0, ended_s=400.0,
            wanted_s=300.0, on_scene_s=300.0, outcome="first", reason="",
        )  # fmt: skip
        return usual._replace(**other)

    return make


@pytest.fixture
def flight() -> Callable[..., FlightRecord]:
    """Makes a flight record of 540 s in the air, 300 of them on scene."""

    def make(number: int, **other: Any) -> FlightRecord:
        usual = FlightRecord(
            flight=number, call=number, drone="east/1", dock="east", dispatched_s=10.0, airborne_s=40.0,
            overhead_s=100.0, left_s=400.0, landed_s=580.0, predicted_overhead_s=60.0,
            predicted_home_s=80.0, yielded_s=0.0, on_scene_s=300.0, cut_by="", landing="docked",
            attempts=1, energy_wh=44.0, reserve_fraction=0.5,
        )  # fmt: skip
        return usual._replace(**other)

    return make


@pytest.fixture
def missed() -> dict[str, Any]:
    """What is different about a missed call."""
    return {
        "dispatched_s": NAN,
        "airborne_s": NAN,
        "overhead_s": NAN,
        "video_s": NAN,
        "on_scene_s": 0.0,
        "outcome": "missed",
    }
