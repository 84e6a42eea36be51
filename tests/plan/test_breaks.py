"""Breaks of the crew, as the plan and its check see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from dfr.plan.checks.hours import check_crew
from dfr.plan.context import context_of
from dfr.plan.windows import drones_on_duty, hour_windows, hours_of_rest
from dfr.scenario.model import Break

from ..shipped import plan_of, world_of

WORLD = world_of("victorious-2024")
SHIFT = WORLD.scenario.crew.shifts[0]
LUNCH = SHIFT.start + timedelta(hours=2)


def resting(*rests: Break):
    """The festival with breaks in its first shift."""
    crew = WORLD.scenario.crew
    shifts = (replace(SHIFT, breaks=rests), *crew.shifts[1:])
    return replace(WORLD.scenario, crew=replace(crew, shifts=shifts))


def rest(minutes: float, pilots: int, *, after_min: float = 0.0) -> Break:
    start = LUNCH + timedelta(minutes=after_min)
    return Break(start=start, end=start + timedelta(minutes=minutes), remote_pilots=pilots)


def closed(scenario):
    return [
        window.start for window in hour_windows(scenario) if any("break" in why for why in window.limited_by)
    ]


def test_an_hour_in_which_everybody_rests_is_not_flown_and_says_why():
    scenario = resting(rest(120.0, SHIFT.remote_pilots))
    assert closed(scenario) == [LUNCH, LUNCH + timedelta(hours=1)]
    assert hours_of_rest(scenario) == ((LUNCH, LUNCH + timedelta(hours=2)),)


def test_half_an_hour_for_all_leaves_the_hour_open_and_is_told():
    scenario = resting(rest(30.0, SHIFT.remote_pilots))
    assert closed(scenario) == []
    context = context_of(replace(WORLD, scenario=scenario), plan_of("victorious-2024"))
    (told,) = [found for found in check_crew(context) if "Breaks" in found.message]
    assert f"{LUNCH:%a %H:%M} to {LUNCH + timedelta(minutes=30):%H:%M}" in told.message
    assert told.fix


def test_two_breaks_after_each_other_are_one_rest():
    both = (rest(30.0, SHIFT.remote_pilots), rest(30.0, SHIFT.remote_pilots, after_min=30.0))
    assert hours_of_rest(resting(*both)) == ((LUNCH, LUNCH + timedelta(hours=1)),)


@pytest.mark.skipif(SHIFT.remote_pilots < 2, reason="the first shift has one pilot")
def test_pilots_who_rest_in_turn_close_nothing():
    one = SHIFT.remote_pilots - 1
    scenario = resting(rest(60.0, one), rest(60.0, one, after_min=60.0))
    assert closed(scenario) == []
    assert hours_of_rest(scenario) == ()


def test_parts_of_a_shift_add_up_to_it_and_have_the_pilots_who_do_not_rest():
    shift = replace(
        SHIFT, remote_pilots=3, safety_pilots=9, breaks=(rest(30.0, 1), rest(60.0, 1, after_min=15.0))
    )
    parts = list(shift.between_breaks())
    assert [part.remote_pilots for part in parts] == [3, 2, 1, 2, 3]
    assert (parts[0].start, parts[-1].end) == (SHIFT.start, SHIFT.end)
    assert all(first.end == second.start for first, second in pairwise(parts))


@pytest.mark.parametrize(
    ("pilots", "safety", "ratio", "per_drone", "drones"),
    [(2, 0, 1, 0, 2), (2, 2, 2, 1, 2), (1, 5, 3, 1, 3), (3, 1, 1, 2, 0), (0, 4, 2, 1, 0)],
)
def test_pilots_and_safety_pilots_both_limit_the_drones_in_use(pilots, safety, ratio, per_drone, drones):
    crew = replace(WORLD.scenario.crew, drones_per_pilot=ratio, safety_pilots_per_drone=per_drone)
    shift = replace(SHIFT, remote_pilots=pilots, safety_pilots=safety, drones_per_pilot=None)
    assert drones_on_duty(replace(WORLD.scenario, crew=crew), shift) == drones
