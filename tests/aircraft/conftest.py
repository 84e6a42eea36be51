"""Recorded sorties, predicted from what they were told to fly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dfr.aircraft.performance import SortiePrediction

from ..recorded_sorties import predicted_like


@pytest.fixture(scope="session")
def flown_like() -> Callable[[dict], SortiePrediction]:
    """The prediction of a recorded sortie, from its `case` alone."""
    return lambda record: predicted_like(record["case"])
