"""The landing envelope of a dock as a picture: the docked share over wind with its 95 % band."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib

from dfr.io.files import write_atomically

EnvelopeRow = dict[str, object]


def envelope_svg(path: Path, rows: Sequence[EnvelopeRow], title: str) -> None:
    """Write the envelope's plot; each row holds `wind_mps` and `success` {rate, low, high}."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    winds = [float(str(row["wind_mps"])) for row in rows]
    rate, low, high = ([_share(row, name) for row in rows] for name in ("rate", "low", "high"))
    with matplotlib.rc_context({"svg.hashsalt": "dfr", "font.size": 9.0}):
        figure, axes = pyplot.subplots(figsize=(6.0, 3.4), layout="constrained")
        axes.fill_between(winds, low, high, alpha=0.25, linewidth=0.0, label="95 %")
        axes.plot(winds, rate, marker="o", markersize=3.0, label="docked")
        axes.set(
            xlabel="mean wind over the pad, m/s", ylabel="share of landings", ylim=(0.0, 1.02), title=title
        )
        axes.grid(alpha=0.3)
        axes.legend()
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
        pyplot.close(figure)
    write_atomically(path, buffer.getvalue())


def _share(row: EnvelopeRow, name: str) -> float:
    success = row["success"]
    assert isinstance(success, dict)
    return float(success[name])
