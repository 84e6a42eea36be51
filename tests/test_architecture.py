"""The tree's shape, beyond what import-linter's contracts say of packages."""

from __future__ import annotations

import subprocess
import sys

import grimp
import pytest

ON_WINDOWS = """
import builtins, importlib, pkgutil, signal

POSIX_ONLY = {"fcntl", "grp", "pwd", "resource", "termios"}
load = builtins.__import__

def load_as_on_windows(name, globals=None, *more, **named):
    if name in POSIX_ONLY and (globals or {}).get("__name__", "").startswith(("dfr", "firmware_sitl")):
        raise ImportError(f"{globals['__name__']} imports {name}")
    return load(name, globals, *more, **named)

builtins.__import__ = load_as_on_windows
del signal.SIGHUP, signal.SIGKILL
import dfr
for module in pkgutil.walk_packages(dfr.__path__, "dfr."):
    if module.name != "dfr.__main__":
        importlib.import_module(module.name)
"""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import of the tree: of modules and functions, and those for the type checker alone."""
    return grimp.build_graph("dfr", "firmware_sitl", exclude_type_checking_imports=False, cache_dir=None)


def _circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """Modules that import each other round about: what is left when nothing more can be taken off an end."""
    left = {module: set(imported) for module, imported in imports.items()}
    while True:
        ends = {m for m in left if not left[m] & left.keys() or not any(m in left[o] for o in left)}
        if not ends:
            return [left.keys() & imported | {module} for module, imported in left.items()]
        for module in ends:
            del left[module]


def test_no_module_imports_another_round_a_circle(graph: grimp.ImportGraph):
    found = _circles({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})
    assert not found, "\n".join(" <-> ".join(sorted(circle)) for circle in found)


def test_circles_would_be_found():
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [{"b", "c"}, {"b", "c"}]
    assert _circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_every_module_loads_where_there_are_no_posix_modules_and_signals():
    done = subprocess.run(
        [sys.executable, "-c", ON_WINDOWS], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-1500:]
