"""The landing envelope of a dock as a picture: docked share over wind, gusts and rain, with its 95 % band."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

from dfr.aircraft.envelope import Air, Axis
from dfr.io.files import write_atomically

EnvelopeRow = dict[str, object]

LABELS = {
    Axis.WIND: "mean wind over the pad, m/s",
    Axis.GUST: "turbulence intensity",
    Axis.RAIN: "rain, mm/h (its effect is assumed)",
}


def envelope_svg(path: Path, rows: Mapping[Axis, Sequence[EnvelopeRow]], title: str, air: Air) -> None:
    """Write the envelope's plot; each row holds its axis' value and `success` {rate, low, high}."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    held = {
        Axis.WIND: f"Iu {air.turbulence_intensity:.2f}, {air.rain_mm_h:g} mm/h",
        Axis.GUST: f"{air.wind_mps:.1f} m/s, {air.rain_mm_h:g} mm/h",
        Axis.RAIN: f"{air.wind_mps:.1f} m/s, Iu {air.turbulence_intensity:.2f}",
    }
    with matplotlib.rc_context({"svg.hashsalt": "dfr", "font.size": 9.0}):
        figure, panels = pyplot.subplots(1, len(rows), figsize=(10.0, 3.4), sharey=True, layout="constrained")
        for panel, (axis, own) in zip(panels, rows.items(), strict=True):
            at = [float(str(row[axis.value])) for row in own]
            rate, low, high = ([_share(row, name) for row in own] for name in ("rate", "low", "high"))
            panel.fill_between(at, low, high, alpha=0.25, linewidth=0.0, label="95 %")
            panel.plot(at, rate, marker="o", markersize=3.0, label="docked")
            panel.set(xlabel=LABELS[axis], ylim=(0.0, 1.02), title=held[axis])
            panel.grid(alpha=0.3)
        panels[0].set(ylabel="share of landings")
        panels[0].legend()
        figure.suptitle(title)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
        pyplot.close(figure)
    write_atomically(path, buffer.getvalue())


def _share(row: EnvelopeRow, name: str) -> float:
    success = row["success"]
    assert isinstance(success, dict)
    return float(success[name])
