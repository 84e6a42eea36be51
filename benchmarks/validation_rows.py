"""What the pages of measured tolerances are made of: rows, recorded flights and pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT / "tests" / "data" / "arducopter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One tolerance: what, what was asked for, what was found, and whether that is enough."""

    what: str
    asked: str
    found: str
    holds: bool


def row(what: str, asked: str, found: float, most: float, form: str = "{:.2g}") -> Row:
    """A row whose figure must not exceed a limit."""
    return Row(what=what, asked=asked, found=form.format(found), holds=bool(found <= most))


def records(name: str) -> list[dict[str, Any]]:
    """A file of recorded flights."""
    return [json.loads(line) for line in (RECORDED / name).read_text(encoding="utf-8").splitlines()]


def save(figure: Any, folder: Path, name: str) -> None:
    """A picture that is the same from run to run."""
    plt.rcParams["svg.hashsalt"] = "dfr"
    figure.tight_layout()
    figure.savefig(folder / "images" / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)
