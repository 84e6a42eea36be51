"""More charts of a plan and a run: isochrones, landing envelope, distributions, a front."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.ticker import MaxNLocator

from dfr.geo import FloatArray
from dfr.metrics.kpi import Summary
from dfr.report.figures import BLUE, CYCLE, GREEN, GREY, ORANGE, RED, STYLE, canvas, svg_of
from dfr.report.reach import Reach

LEVELS_S = (30, 45, 60, 90, 120, 180, 300)
BINS = 18


def isochrones_chart(
    reaches: Sequence[Reach], *, keep_in: FloatArray, docks: FloatArray, limit_s: float | None = None
) -> str:
    """A panel for each wind: lines of equal seconds from lift-off to overhead, metres east and north."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.3 * max(1, len(reaches)), 2.9), layout="constrained")
        panels = np.atleast_1d(figure.subplots(1, max(1, len(reaches)), sharey=True, squeeze=False)[0])
    for axes, reach in zip(panels, reaches, strict=False):
        axes.add_patch(Polygon(keep_in, closed=True, facecolor="#eef5f1", edgecolor=GREEN, linewidth=1.2))
        if np.isfinite(reach.seconds).any():
            wanted = sorted({*LEVELS_S, *([] if limit_s is None else [limit_s])})
            levels = [s for s in wanted if np.nanmin(reach.seconds) < s < np.nanmax(reach.seconds)]
            axes.contourf(reach.east_m, reach.north_m, reach.seconds, levels=12, cmap="Blues_r", alpha=0.75)
            if levels:
                lines = axes.contour(
                    reach.east_m,
                    reach.north_m,
                    reach.seconds,
                    levels=levels,
                    colors=[RED if s == limit_s else "#12263a" for s in levels],
                    linewidths=1.0,
                )
                axes.clabel(lines, fmt="%d s", fontsize=7.5)
        axes.plot(docks[:, 0], docks[:, 1], "s", color=BLUE, markeredgecolor="white", markersize=8)
        axes.set(title=reach.name, xlabel="m east", aspect="equal")
        axes.title.set_fontsize(8.5)
        axes.grid(visible=False)
        axes.locator_params(axis="x", nbins=5)
    panels[0].set_ylabel("m north")
    return svg_of(figure, "Seconds from lift-off to overhead by wind")


def landing_chart(winds_mps: FloatArray, docked: Mapping[str, FloatArray], *, limit_mps: float | None) -> str:
    """Share of landing attempts that end in the dock against the mean wind, one line for each guidance."""
    figure, axes = canvas(4.2, 2.8)
    for (name, share), colour in zip(docked.items(), CYCLE, strict=False):
        axes.plot(winds_mps, 100.0 * share, "o-", color=colour, markersize=3.5, label=name)
    if limit_mps is not None:
        axes.axvline(limit_mps, color=RED, linestyle="--", linewidth=1, label=f"limit {limit_mps:g} m/s")
    axes.set(xlabel="mean wind at 10 m, m/s", ylabel="% docked at first attempt", ylim=(0, 102))
    axes.legend(loc="lower left", fontsize=8)
    return svg_of(figure, "Landing envelope")


def distributions_chart(summary: Summary, names: Sequence[str]) -> str:
    """How key figures vary between replications: a histogram each, with its mean and 95 % interval."""
    shown = [summary.kpis[name] for name in names if name in summary.kpis]
    shown = [kpi for kpi in shown if np.isfinite(kpi.by_replication).any()]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.3), layout="constrained")
        panels = figure.subplots(1, max(1, len(shown)), squeeze=False)[0]
    for axes, kpi in zip(panels, shown, strict=False):
        scale = 100.0 if kpi.unit == "share" else 1.0
        values = scale * kpi.by_replication[np.isfinite(kpi.by_replication)]
        axes.hist(values, bins=min(BINS, max(3, len(values) // 2)), color="#9ecae1", edgecolor="white")
        if kpi.mean is not None:
            axes.axvline(scale * kpi.mean, color=BLUE, linewidth=1.5)
        if kpi.interval.low is not None and kpi.interval.high is not None:
            axes.axvspan(
                scale * kpi.interval.low, scale * kpi.interval.high, color=ORANGE, alpha=0.3, linewidth=0
            )
        unit = "%" if kpi.unit == "share" else kpi.unit
        words = kpi.name.removesuffix("_s").replace("_", " ")
        axes.set(title=words, xlabel=unit, yticks=[])
        axes.title.set_fontsize(8.5)
    return svg_of(figure, "Key figures over replications")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPanel:
    """Options as points (cost, benefit, name) of one panel; `down` where less of the benefit is better."""

    title: str
    across: str
    up: str
    points: Sequence[tuple[float, float, str]]
    down: bool = False


def front_chart(panels: Sequence[FrontPanel], *, title: str) -> str:
    """Panels of options: those that no other beats are joined, filled and named, the others hollow."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.6 * min(2, len(panels)), 2.6 * -(-len(panels) // 2)), layout="constrained")
        grid = figure.subplots(-(-len(panels) // 2), min(2, len(panels)), squeeze=False).ravel()
    for axes, panel in zip(grid, panels, strict=False):
        sign = -1.0 if panel.down else 1.0
        best = efficient([(x, sign * y, name) for x, y, name in panel.points])
        axes.plot(
            [p[0] for p in panel.points],
            [p[1] for p in panel.points],
            "o",
            color=GREY,
            markerfacecolor="white",
            markersize=6,
        )
        axes.plot([x for x, *_ in best], [sign * y for _, y, _ in best], "o-", color=BLUE, markersize=6)
        for x, y, name in best:
            words = axes.annotate(name, (x, sign * y), textcoords="offset points", xytext=(0, 6), fontsize=8)
            words.set_horizontalalignment("center")
            words.set_in_layout(False)
        axes.set(title=textwrap.fill(panel.title, 40), xlabel=panel.across, ylabel=panel.up)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.title.set_fontsize(8.5)
        axes.margins(0.14, 0.16)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    return svg_of(figure, title)


def efficient(
    points: Sequence[tuple[float, float, str]],
) -> list[tuple[float, float, str]]:
    """The points that no other beats: none that costs as little is better.

    >>> efficient([(1, 60, "one dock"), (2, 90, "two"), (2, 80, "two elsewhere"), (3, 90, "three")])
    [(1, 60, 'one dock'), (2, 90, 'two')]
    """
    best, kept = -np.inf, []
    for point in sorted(points, key=lambda p: (p[0], -p[1])):
        if point[1] > best:
            best = point[1]
            kept.append(point)
    return kept
