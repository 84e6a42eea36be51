"""The list of modules in docs/architecture.md, made from the first words of each module.

python docs/modules.py      writes the list anew; a test holds the page to it
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
MARK = "<!-- modules: written by docs/modules.py -->\n"


def listed() -> str:
    """A table for each room: its modules, and what each says of itself."""
    paths = sorted(path for top in ("dfr", "firmware_sitl") for path in (ROOT / top).rglob("*.py"))
    rooms = groupby(
        sorted(paths, key=lambda path: (str(path.parent), path.name)), key=lambda path: path.parent
    )
    return "\n".join(line for room, modules in rooms for line in _room(room, list(modules)))


def _room(room: Path, modules: list[Path]) -> Iterator[str]:
    yield f"\n### `{room.relative_to(ROOT).as_posix()}/`\n\n| module | what it does |\n|---|---|"
    for path in modules:
        if path.name not in ("__init__.py", "__main__.py"):
            yield f"| `{path.name}` | {_summary(path)} |"


def _summary(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split()).replace("|", "/")


def written(page: str) -> str:
    """The page with its list of modules made anew."""
    return page[: page.index(MARK)] + MARK + listed() + "\n"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
