"""A planned festival, made once."""

import pytest

from ..shipped import plan_of, world_of


@pytest.fixture(scope="session")
def victorious():
    """(World, Plan) of the festival."""
    return world_of("victorious-2024"), plan_of("victorious-2024")
