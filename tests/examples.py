"""How many examples a property is tried with: all of them in `make test-all`, a fifth in `make test`."""

from __future__ import annotations

import os

from hypothesis import settings

THOROUGH = "DFR_THOROUGH" in os.environ


def examples(many: int) -> settings:
    """So many when everything is tested; the same ones first, and a fifth of them, when it shall be quick."""
    return settings(max_examples=many if THOROUGH else max(10, many // 5), deadline=None)
