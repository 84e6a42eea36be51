"""The tree's shape, beyond what import-linter's contracts say of packages."""

from __future__ import annotations

import grimp
import pytest


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
