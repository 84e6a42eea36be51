"""Recorded sorties, predicted from what they were told to fly."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import pytest

from dfr.aircraft.performance import SortiePrediction

from ..recorded_sorties import predicted_like


@pytest.fixture(scope="session")
def flown_like() -> Callable[[dict], SortiePrediction]:
    """The prediction of a recorded sortie, from its `case` alone; made once for each case."""
    predict = cache(lambda case: predicted_like(json.loads(case)))
    return lambda record: predict(json.dumps(record["case"], sort_keys=True))
