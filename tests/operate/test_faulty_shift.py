"""A shift whose lines are cut or deaf, whose packets are lost, whose process is stalled and killed."""

from __future__ import annotations

import pytest

from benchmarks.faulty_shift import Drill, run_drill

pytestmark = pytest.mark.slow


def test_a_shift_under_faults_leaves_no_vehicle_alone_and_verifies_nothing_false(engine, tmp_path):
    drill = Drill(engine=engine, minutes=12.0, vehicles=3, calls=6, kills=2, cuts=2, deaf=1, seed=2)
    figures = run_drill(drill, tmp_path)
    assert figures.failures(drill) == []
    assert figures.faults == {"kill": 2, "cut": 2, "deafen": 1, "stall": 2}
