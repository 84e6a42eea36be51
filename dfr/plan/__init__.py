"""Where the docks stand, how the drones fly, and whether that is allowed.

The verb and this package share a name: `dfr.plan(world)` is `dfr.api.planning.plan`.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    """The package, which plans where it is called."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        # By name: nothing of this package depends on what lies above it.
        return importlib.import_module("dfr.api.planning").plan(*args, **options)


sys.modules[__name__].__class__ = _CallablePackage
