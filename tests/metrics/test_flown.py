"""Predicted against flown: what agrees, and what must not pass for agreement."""

import math

import pytest

from dfr.metrics.flown import compare_phases
from dfr.track import Phase

PREDICTED = {Phase.CLIMB: 20.0, Phase.OUT: 100.0, Phase.ON_SCENE: 60.0, Phase.BACK: 100.0, Phase.LAND: 50.0}


def phase_of(flown, phase):
    return next(p for p in compare_phases(PREDICTED, flown) if p.phase is phase)


@pytest.mark.parametrize(
    ("phase", "flown_s", "agrees"),
    [
        (Phase.OUT, 104.9, True),
        (Phase.OUT, 105.1, False),
        (Phase.CLIMB, 20.69, True),
        (Phase.CLIMB, 19.2, False),
        (Phase.LAND, 51.4, True),
        (Phase.LAND, 51.6, False),
    ],
)
def test_a_phase_agrees_up_to_its_tolerance(phase, flown_s, agrees):
    assert phase_of({phase: flown_s}, phase).agrees is agrees


def test_a_phase_that_never_ended_does_not_agree():
    comparison = phase_of({Phase.OUT: None}, Phase.OUT)
    assert comparison.difference_s is None
    assert not comparison.agrees


def test_every_phase_is_compared_even_when_nothing_was_flown():
    assert [p.phase for p in compare_phases(PREDICTED, {})] == list(Phase)


@pytest.mark.parametrize(("flown_s", "agrees"), [(94.0, False), (96.0, True), (129.0, True), (131.0, False)])
def test_a_return_agrees_within_the_band_that_was_stated_for_it(flown_s, agrees):
    comparison = compare_phases(PREDICTED, {Phase.BACK: flown_s}, bands={Phase.BACK: (97.0, 130.0)})
    assert next(p for p in comparison if p.phase is Phase.BACK).agrees is agrees


def test_a_band_without_an_end_is_written_as_none():
    comparison = compare_phases(PREDICTED, {Phase.BACK: 900.0}, bands={Phase.BACK: (97.0, math.inf)})
    back = next(p for p in comparison if p.phase is Phase.BACK)
    assert back.agrees
    assert (back.as_dict()["early_s"], back.as_dict()["late_s"]) == (97.0, None)
