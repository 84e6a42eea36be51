"""Data against fit of what was learned from logs, as pictures: hours of the week, durations, bursts."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dfr.report.charts import BLUE, GREY, ORANGE, RED, STYLE, empty_chart, svg_of
from dfr.report.learn_words import duration_name
from dfr.world.learning.durations import duration_cdf
from dfr.world.learning.figures import QUANTILES, LearnedBursts, LearnedDuration, LearnedHours, Lesson

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ACROSS = 3
MINUTE_S = 60.0


def hours_of_week_chart(hours: LearnedHours) -> str:
    """Calls of an hour, for each hour of the week: as counted, and as fitted."""
    counts, days = np.array(hours.counts, float), np.array(hours.days, float)
    seen = np.divide(counts, days[:, None], out=np.full_like(counts, np.nan), where=days[:, None] > 0)
    fitted = np.array(hours.shares) * np.nansum(seen, axis=1, keepdims=True)
    figure, axes = empty_chart(10.5, 2.8)
    at = np.arange(7 * 24)
    axes.bar(at, seen.ravel(), width=1.0, color="#c9dcec", align="edge", label="counted")
    axes.step(np.append(at, 168), np.append(fitted.ravel(), fitted.ravel()[-1]), where="post", color=RED,
              linewidth=1.2, label="fitted")  # fmt: skip
    axes.set(xlabel="", ylabel="calls of an hour", xlim=(0, 168))
    axes.set_xticks(np.arange(7) * 24 + 12, DAY_NAMES)
    axes.legend(loc="upper left", ncols=2)
    return svg_of(figure, "Calls of each hour of the week")


def durations_chart(lesson: Lesson) -> str | None:
    """Percentiles of the times of a log beside the distributions fitted; None for too few."""
    shown = {key: found for key, found in lesson.durations.items() if found.quantiles_s}
    if not shown:
        return None
    down = -(-len(shown) // ACROSS)
    with mpl.rc_context(STYLE):
        picture = Figure(figsize=(10.5, 2.3 * down), layout="constrained")
        grid = picture.subplots(down, ACROSS, squeeze=False).ravel()
        for axes, (key, found) in zip(grid, shown.items(), strict=False):
            _draw_duration(axes, key, found)
        for axes in grid[len(shown) :]:
            axes.set_axis_off()
        return svg_of(picture, "Times of the log and what was fitted to them")


def _draw_duration(axes: Axes, key: str, found: LearnedDuration) -> None:
    data = np.array(found.quantiles_s)
    times = np.linspace(0.0, 1.15 * data[-1], 200)
    axes.plot(times / MINUTE_S, 100.0 * duration_cdf(found, times), color=RED, label="fitted")
    axes.plot(data / MINUTE_S, 100.0 * np.array(QUANTILES), "o", color=BLUE, markersize=3, label="log")
    axes.set_title(f"{duration_name(key)} (n {found.n:,})", fontsize=7.5)
    axes.set(xlabel="minutes", ylabel="% shorter", ylim=(0, 102), xlim=(0, None))
    axes.legend(loc="lower right", fontsize=8)


def bursts_chart(bursts: LearnedBursts) -> str:
    """Pairs of calls of a zone by how far apart they came: counted, by the hours alone, and with bursts."""
    edges = np.array(bursts.lag_edges_s) / MINUTE_S
    figure, axes = empty_chart(7.2, 2.8)
    axes.stairs(bursts.pairs, edges, fill=True, color="#c9dcec", label="counted")
    axes.stairs(bursts.by_hours, edges, color=GREY, linestyle="--", label="by the hours alone")
    axes.stairs(bursts.fitted, edges, color=RED if bursts.found else ORANGE, label="fitted")
    axes.set(
        xlabel="minutes between two calls of a zone", ylabel="pairs", xlim=(0, edges[-1]), ylim=(0, None)
    )
    axes.legend(loc="upper right")
    return svg_of(figure, "Calls close in time")
