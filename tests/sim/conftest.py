"""A small deployment that tests bend to their needs: everything on at once, or everything off."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dfr.sim.calls import Call
from dfr.sim.inputs import (
    Condition,
    DockPlace,
    Duty,
    Grade,
    Landing,
    Leg,
    SimInputs,
    ZoneDemand,
)
from dfr.sim.randomness import Spread

LEG = Leg(climb_s=20.0, out_s=40.0, back_s=50.0, land_s=30.0, out_wh=6.0, home_wh=8.0, hover_w=360.0)
NOWHERE = Leg(climb_s=0.0, out_s=0.0, back_s=0.0, land_s=0.0, out_wh=0.0, home_wh=0.0, hover_w=0.0)


def _condition(legs: tuple[tuple[Leg | None, ...], ...], **other: Any) -> Condition:
    zones = range(len(legs[0]))
    nearest = tuple(
        tuple(sorted((d for d in range(len(legs)) if legs[d][z]), key=lambda d: legs[d][z].overhead_s))
        for z in zones
    )
    return Condition(
        **{"hold": "", "legs": legs, "nearest": nearest, "landing": Landing(), "battery_wh": 100.0, **other}
    )


@pytest.fixture
def condition() -> Callable[..., Condition]:
    """Makes a weather of legs[dock][zone]; open, with sure landings and a battery of 100 Wh."""
    return _condition


@pytest.fixture
def leg() -> Leg:
    """One minute out, 80 s home, 360 W at the hover (0.1 Wh a second)."""
    return LEG


@pytest.fixture
def deployment() -> SimInputs:
    """One dock with one drone, one zone, two grades; ten hours, everybody on duty, fixed times."""
    return SimInputs(
        scenario="test",
        hour_edges_s=tuple(3600.0 * hour for hour in range(11)),
        rates_per_s=(2.0 / 3600.0,) * 10,
        rate_cv=0.0,
        zones=(ZoneDemand(id="square", share=1.0, ground_travel_s=100.0),),
        grades=(
            Grade(
                id="urgent",
                rank=0,
                share=0.5,
                target_s=150.0,
                patience=Spread.constant(900.0),
                on_scene=Spread.constant(300.0),
            ),
            Grade(
                id="routine",
                rank=1,
                share=0.5,
                target_s=600.0,
                patience=Spread.constant(1800.0),
                on_scene=Spread.constant(200.0),
            ),
        ),
        decision=Spread.constant(10.0),
        launch=Spread.constant(25.0),
        video=Spread.constant(5.0),
        ground_mobilisation=Spread.constant(60.0),
        docks=(DockPlace(id="east", drones=1),),
        conditions=(_condition(((LEG,),)),),
        condition_of_hour=(0,) * 10,
        duties=(Duty(start_s=0.0, end_s=99999.0, drones=9, remote_pilots=9, safety_pilots=9),),
        limits_s=(60.0, 120.0),
    )


@pytest.fixture
def queue() -> Callable[..., SimInputs]:
    """Makes a plain queue of the real model: flights, launches and turnarounds take no time."""

    def make(
        *, servers: int, calls_per_h: float, service: Spread, hours: float, patience_s: float = math.inf
    ) -> SimInputs:
        return SimInputs(
            scenario="queue",
            hour_edges_s=(0.0, hours * 3600.0),
            rates_per_s=(calls_per_h / 3600.0,),
            rate_cv=0.0,
            zones=(ZoneDemand(id="zone", share=1.0, ground_travel_s=0.0),),
            grades=(
                Grade(
                    id="grade",
                    rank=0,
                    share=1.0,
                    target_s=600.0,
                    patience=Spread.constant(patience_s),
                    on_scene=service,
                ),
            ),
            decision=Spread.constant(0.0),
            launch=Spread.constant(0.0),
            video=Spread.constant(0.0),
            ground_mobilisation=Spread.constant(math.inf),
            docks=(DockPlace(id="dock", drones=servers),),
            conditions=(_condition(((NOWHERE,),), battery_wh=math.inf),),
            condition_of_hour=(0,),
            duties=(Duty(start_s=0.0, end_s=math.inf, drones=99, remote_pilots=99, safety_pilots=0),),
        )

    return make


@pytest.fixture
def call() -> Callable[..., Call]:
    """Makes one call with the fixed times of the deployment."""

    def make(number: int, t_s: float, **other: Any) -> Call:
        made = Call(
            id=number,
            t_s=t_s,
            zone=0,
            grade=0,
            decision_s=10.0,
            launch_s=25.0,
            video_s=5.0,
            patience_s=900.0,
            on_scene_s=300.0,
            ground_s=t_s + 160.0,
            recovery_s=600.0,
            landing=(0.5,) * 8,
        )
        return made._replace(**other)

    return make


@pytest.fixture
def changed() -> Callable[..., SimInputs]:
    """`dataclasses.replace`, by another name."""
    return replace
