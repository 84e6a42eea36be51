"""A planned festival, made once."""

import pytest

from dfr.io.scenario_files import load_world, shipped_scenarios
from dfr.plan.planner import make_plan


@pytest.fixture(scope="session")
def victorious():
    """(World, Plan) of the festival."""
    world = load_world(shipped_scenarios()["victorious-2024"])
    return world, make_plan(world)
