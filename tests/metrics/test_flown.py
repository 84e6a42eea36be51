"""Predicted against flown: what agrees, and what must not pass for agreement."""

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
