"""Charts as SVG text: response times, hours, layouts, phases, heights, a shift, distributions, trade-offs.

One style, colours that colour-blind readers tell apart (Okabe and Ito 2008), the same bytes for equal data.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dfr.metrics.kpi import Summary
from dfr.metrics.timeline import Timeline
from dfr.plan.model import CoverageHour, LayoutGain
from dfr.plan.objectives import ParetoFronts
from dfr.track import FlightTrack

BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
RED = "#D55E00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
GREY = "#7a7a7a"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "dfr",
    # Names of the user are words, never formulas.
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
}

MOST_HOUR_LABELS = 12

SHOWN_SHARE = 0.95
"""Response curves end where this share of the slowest is reached; a few waits of an hour add little."""


def response_curves(seconds: Mapping[str, NDArray[np.float64]], *, targets_s: Mapping[str, float]) -> str:
    """Cumulative share of attended calls by seconds, a curve for each pair of clocks."""
    figure, axes = empty_chart(7.2, 3.2)
    for (name, values), colour in zip(seconds.items(), CYCLE, strict=False):
        if not len(values):
            continue
        ordered = np.sort(values)
        share = 100.0 * np.arange(1, len(ordered) + 1) / len(ordered)
        keep = np.unique(np.linspace(0, len(ordered) - 1, 400).astype(int))
        axes.step(ordered[keep], share[keep], where="post", color=colour, label=name)
    for (name, target_s), line in zip(targets_s.items(), ("--", ":", "-."), strict=False):
        axes.axvline(target_s, color=RED, linestyle=line, linewidth=1, label=f"{name} {target_s:.0f} s")
    known = [np.quantile(values, SHOWN_SHARE) for values in seconds.values() if len(values)]
    axes.set(xlabel="seconds", ylabel="% of attended calls", ylim=(0, 100))
    axes.set_xlim(0, 1.1 * max([*known, *targets_s.values()], default=1.0))
    axes.legend(loc="lower right")
    return svg_of(figure, "Response time distributions")


def hours_chart(hours: Sequence[CoverageHour], *, limits_mps: Mapping[str, float]) -> str:
    """Coverage by hour, with the wind and its limits; hours that cannot be flown are hatched."""
    figure, axes = empty_chart(7.2, 3.0)
    x = np.arange(len(hours))
    share = np.array([100.0 * h.share for h in hours])
    flyable = np.array([h.flyable for h in hours], dtype=bool)
    axes.bar(x[flyable], share[flyable], color=SKY, width=0.9, label="% of calls in time")
    axes.bar(
        x[~flyable], 100.0, color="#eeeeee", hatch="///", edgecolor=GREY, width=0.9, label="cannot be flown"
    )
    axes.set(ylabel="% of calls in time", ylim=(0, 100))
    step = max(1, len(hours) // MOST_HOUR_LABELS)
    axes.set_xticks(x[::step], [_hour_label(h.hour) for h in hours][::step], rotation=35, ha="right")
    wind = axes.twinx()
    wind.grid(visible=False)
    wind.plot(x, [h.wind_mps for h in hours], color=ORANGE, label="wind at 10 m")
    for (name, limit_mps), line in zip(limits_mps.items(), ("--", ":"), strict=False):
        wind.axhline(limit_mps, color=RED, linestyle=line, linewidth=1.2, label=name)
    wind.set(ylabel="wind, m/s")
    wind.set_ylim(bottom=0)
    _legend_below(axes, wind)
    return svg_of(figure, "Coverage and wind by hour")


def layouts_chart(layouts: Sequence[LayoutGain]) -> str:
    """Coverage of the best layout of 1, 2, 3 ... docks, with the proven bound."""
    figure, axes = empty_chart(4.2, 2.8)
    docks = [layout.docks for layout in layouts]
    axes.bar(docks, [100.0 * layout.share for layout in layouts], color=BLUE, width=0.6)
    axes.plot(
        docks,
        [100.0 * layout.bound for layout in layouts],
        "_",
        color=RED,
        markersize=22,
        label="proven bound",
    )
    axes.set(xlabel="docks", ylabel="% of calls in time", ylim=(0, 105), xticks=docks)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.18))
    return svg_of(figure, "Coverage by number of docks")


def phases_chart(predicted: Mapping[str, float | None], flown: Mapping[str, float | None]) -> str:
    """Seconds of each phase, predicted beside flown."""
    figure, axes = empty_chart(4.2, 2.8)
    names = list(predicted)
    y = np.arange(len(names))
    axes.barh(y - 0.19, [predicted[n] or 0.0 for n in names], 0.36, color=BLUE, label="predicted")
    axes.barh(y + 0.19, [flown.get(n) or 0.0 for n in names], 0.36, color=ORANGE, label="flown")
    axes.set_yticks(y, [n.replace("_", " ") for n in names])
    for place, name in zip(y, names, strict=True):
        if flown.get(name) is None:
            axes.text(0, place + 0.19, " did not end", va="center", fontsize=8, color=RED)
    axes.invert_yaxis()
    axes.set(xlabel="seconds")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.18), ncols=2)
    return svg_of(figure, "Predicted and flown seconds by phase")


def height_chart(predicted: FlightTrack, flown: FlightTrack, *, ceiling_m: float) -> str:
    """Height above the dock over time, predicted and flown, under the height limit."""
    figure, axes = empty_chart(7.2, 2.6)
    axes.plot(predicted.t_s, predicted.height_m, color=BLUE, label="predicted")
    keep = np.unique(np.linspace(0, len(flown.t_s) - 1, 600).astype(int))
    axes.plot(
        flown.t_s[keep] - flown.t_s[0], flown.height_m[keep], color=ORANGE, label="flown", linewidth=1.2
    )
    axes.axhline(ceiling_m, color=RED, linestyle="--", linewidth=1, label=f"limit {ceiling_m:.0f} m")
    axes.set(xlabel="seconds from lift-off", ylabel="m above the dock")
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.legend(loc="lower center", ncols=3, fontsize=8)
    return svg_of(figure, "Height over time")


PHASE_COLOURS = {
    "prepare": SKY,
    "climb": "#003f66",
    "out": BLUE,
    "on_scene": GREEN,
    "back": PURPLE,
    "land": "#7b3f7c",
    "charge": "#cfcfcf",
    "recover": "#8c6d4f",
    "move": "#b8860b",
    "yield": RED,
}
"""Colour of each phase of a drone, each its own: a pair of the same kind has one hue, light and dark."""

BAND_COLOURS = {"other traffic": ORANGE, "weather hold": "#8b949e"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _DrawnBar:
    """A bar of the timeline: in which row, of what kind, from when until when."""

    row: str
    kind: str
    start_s: float
    end_s: float


def timeline_chart(timeline: Timeline, *, start_s: float, end_s: float, start_label: str) -> str:
    """What happened between two times: rows for calls, other traffic, weather holds and each drone."""
    drones = sorted({bar.drone for bar in timeline.bars})
    bands = {"other traffic": timeline.visits, "weather hold": timeline.holds}
    rows = ["calls", *(name for name, spans in bands.items() if spans), *drones]
    figure, axes = empty_chart(7.2, 1.2 + 0.34 * len(rows))

    def hours_in(moment_s: float) -> float:
        return (min(max(moment_s, start_s), end_s) - start_s) / 3600.0

    bars = [
        _DrawnBar(row=name, kind=name, start_s=span.start_s, end_s=span.end_s)
        for name, spans in bands.items()
        for span in spans
    ]
    bars += [
        _DrawnBar(row=bar.drone, kind=bar.phase, start_s=bar.start_s, end_s=bar.end_s)
        for bar in timeline.bars
    ]
    for kind, colour in (PHASE_COLOURS | BAND_COLOURS).items():
        shown = [bar for bar in bars if bar.kind == kind and bar.end_s > start_s and bar.start_s < end_s]
        if shown:
            axes.barh(
                [rows.index(bar.row) for bar in shown],
                [hours_in(bar.end_s) - hours_in(bar.start_s) for bar in shown],
                left=[hours_in(bar.start_s) for bar in shown],
                height=0.62,
                color=colour,
                label=kind.replace("_", " "),
            )
    missed = timeline.missed
    for calls, colour, label in (
        ([c for c in timeline.calls if c not in missed], "#222222", "call attended"),
        (missed, RED, "call missed"),
    ):
        at = [hours_in(c.call_s) for c in calls if start_s <= c.call_s <= end_s]
        if at:
            axes.scatter(at, [0] * len(at), marker="|", s=90, color=colour, label=label, zorder=3)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set(xlabel=f"hours from {start_label}", xlim=(0, (end_s - start_s) / 3600.0))
    figure.legend(loc="outside lower center", ncols=6, fontsize=8)
    return svg_of(figure, "Timeline of one simulated shift")


BINS = 18


def distributions_chart(summary: Summary, names: Sequence[str]) -> str:
    """How key figures vary between replications: a histogram of each, with its mean and 95 % interval."""
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


def pareto_chart(found: ParetoFronts) -> str:
    """What more docks bring for each objective, and what a faster slowest zone costs in coverage."""
    panels = []
    for objective in dict.fromkeys(option.by.objective for option in found.options):
        options = [option for option in found.options if option.by.objective == objective]
        share = options[0].by.unit == "share"
        scale = 100.0 if share else 1.0
        points = [(float(o.docks), scale * o.by.value, f"{scale * o.by.value:.0f}") for o in options]
        panels.append(
            TradeoffPanel(
                title=options[0].by.what,
                across="docks",
                up="% of calls" if share else "seconds",
                points=points,
                down=not share,
            )
        )
    if found.compromises:
        panels.append(
            TradeoffPanel(
                title=f"layouts of {found.docks} docks that no other beats",
                across="seconds to the slowest zone",
                up="% of calls in time",
                points=[(p.worst_s, 100.0 * p.share, f"{100.0 * p.share:.1f}") for p in found.compromises],
            )
        )
    return tradeoff_chart(panels, title="Layouts that no other beats")


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeoffPanel:
    """Options as points (cost, benefit, name) in one panel; with `down` less of the benefit is better."""

    title: str
    across: str
    up: str
    points: Sequence[tuple[float, float, str]]
    down: bool = False


def tradeoff_chart(panels: Sequence[TradeoffPanel], *, title: str) -> str:
    """Panels of options: those that no other option beats are joined, filled and named; others are hollow."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.6 * min(2, len(panels)), 2.6 * -(-len(panels) // 2)), layout="constrained")
        grid = figure.subplots(-(-len(panels) // 2), min(2, len(panels)), squeeze=False).ravel()
    for axes, panel in zip(grid, panels, strict=False):
        sign = -1.0 if panel.down else 1.0
        best = undominated([(x, sign * y, name) for x, y, name in panel.points])
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


def undominated(
    points: Sequence[tuple[float, float, str]],
) -> list[tuple[float, float, str]]:
    """The points that no other point beats at the same or a lower cost.

    >>> undominated([(1, 60, "one dock"), (2, 90, "two"), (2, 80, "two elsewhere"), (3, 90, "three")])
    [(1, 60, 'one dock'), (2, 90, 'two')]
    """
    best, kept = -np.inf, []
    for point in sorted(points, key=lambda p: (p[0], -p[1])):
        if point[1] > best:
            best = point[1]
            kept.append(point)
    return kept


def empty_chart(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    """An empty chart in the house style."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        return figure, figure.add_subplot()


def _hour_label(iso: str) -> str:
    """A local hour, short enough for a tick."""
    return f"{datetime.fromisoformat(iso):%a %d %H:%M}"


def _legend_below(*axes: Axes) -> None:
    handles, labels = zip(
        *(pair for ax in axes for pair in zip(*ax.get_legend_handles_labels(), strict=True)), strict=True
    )
    axes[0].legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=5, fontsize=7.5)


def svg_of(figure: Figure, title: str) -> str:
    """The figure's SVG element alone, without the XML prologue, ids made unique by its title."""
    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    slug = re.sub(r"\W+", "-", title.lower())
    text = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{slug}-", text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{title}" class="chart" ', 1)
