"""The page of a sweep (`sweep_html`), its charts and its tables as CSV, from the content of sweep.json."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from dfr import __version__
from dfr.report.charts import CYCLE, TradeoffPanel, empty_chart, svg_of, tradeoff_chart
from dfr.report.words import figure, plural
from dfr.scenario.key_figures import judged_figure


def sweep_html(document: Mapping[str, Any], title: str) -> str:
    """The page with its styles and its charts inside; no script, no outside address."""
    templates = resources.files("dfr.report") / "templates"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, lstrip_blocks=True)
    environment.filters |= {"plural": plural}
    template = environment.from_string((templates / "sweep.html.j2").read_text(encoding="utf-8"))
    kpi = document["goal"]["kpi"]
    return template.render(
        document=document,
        title=title,
        kpi=kpi,
        unit=judged_figure(kpi).unit,
        what=judged_figure(kpi).what,
        charts=[
            Markup(chart) for chart in (*factor_charts(document).values(), cost_chart(document)) if chart
        ],
        css=Markup((templates / "report.css").read_text(encoding="utf-8")),
        version=__version__,
        figure=figure,
        factor_words=factor_words,
        shift=lambda value: (
            "-" if value is None else f"{_scaled(value, kpi):+.3g}".replace("-", "\N{MINUS SIGN}")
        ),
        shift_unit="percentage points" if judged_figure(kpi).unit == "share" else judged_figure(kpi).unit,
    )


def factor_words(name: str) -> str:
    """A factor as people call it.

    >>> factor_words("wind_limit_mps"), factor_words("drones_per_dock")
    ('wind limit, m/s', 'drones per dock')
    """
    return name.replace("_mps", ", m/s").replace("_", " ")


def factor_charts(document: Mapping[str, Any]) -> dict[str, str]:
    """By factor, the goal's figure over its levels as SVG, a line for each choice of the others."""
    found = {}
    for name in _varied(document):
        lines: dict[str, list[Mapping[str, Any]]] = {}
        for point in document["points"]:
            if name in point["factors"]:
                rest = {key: value for key, value in point["factors"].items() if key != name}
                lines.setdefault(_choice_words(rest), []).append(point)
        if any(len(points) > 1 for points in lines.values()):
            found[name] = _factor_chart(name, lines, document["goal"]["kpi"])
    return found


def cost_chart(document: Mapping[str, Any]) -> str | None:
    """The goal's figure over cost as SVG, the points that no other beats joined; None without costs."""
    goal = document["goal"]
    known = [point for point in document["points"] if point["cost"] is not None]
    points = [
        (
            point["cost"],
            _scaled(point["kpis"][goal["kpi"]]["mean"], goal["kpi"]),
            str(point["rank"]),
        )
        for point in known
        if point["kpis"][goal["kpi"]]["mean"] is not None
    ]
    if len({cost for cost, *_ in points}) < 2:
        return None
    panel = TradeoffPanel(
        title="Cost and answer",
        across=f"cost of {' and '.join(document['cost_of'])}",
        up=_axis_words(goal["kpi"]),
        points=points,
        down=goal["better"] == "smaller",
    )
    return tradeoff_chart([panel], title="Cost and answer")


def sweep_csv(document: Mapping[str, Any]) -> str:
    """A row for each combination, the best first: its factors, cost, and key figures with their intervals."""
    points, names = document["points"], _varied(document)
    kpis = [name for name in points[0]["kpis"] if all(name in point["kpis"] for point in points)]
    head = ["rank", "name", *names, "docks_at", "cost", "selected", "replications"]
    head += [column for name in kpis for column in (name, f"{name}_low", f"{name}_high")]
    return _csv(
        [
            head,
            *(
                [
                    point["rank"],
                    point["name"],
                    *(point["factors"].get(name) for name in names),
                    " ".join(point["sites"]),
                    point["cost"],
                    point["selected"],
                    point["replications"],
                    *(point["kpis"][name][part] for name in kpis for part in ("mean", "low", "high")),
                ]
                for point in points
            ),
        ]
    )


def steps_csv(document: Mapping[str, Any]) -> str:
    """A row for each step from a level of a factor to the next, and by how much the goal's figure differs."""
    head = ["factor", "from", "to", "difference", "low", "high", "clear"]
    return _csv([head, *([step[name] for name in head] for step in document["steps"])])


def _factor_chart(name: str, lines: Mapping[str, Sequence[Mapping[str, Any]]], kpi: str) -> str:
    picture, axes = empty_chart(7.2, 2.8)
    whole = True
    numeric = all(
        not isinstance(point["factors"][name], str) for points in lines.values() for point in points
    )
    for (words, points), colour in zip(lines.items(), itertools.cycle(CYCLE), strict=False):
        known = [point for point in points if point["kpis"][kpi]["mean"] is not None]
        known.sort(key=lambda point: point["factors"][name])
        means = [_scaled(point["kpis"][kpi]["mean"], kpi) for point in known]
        ends = [[_scaled(point["kpis"][kpi][end], kpi) for point in known] for end in ("low", "high")]
        errors = [
            [abs(mean - (mean if end is None else end)) for mean, end in zip(means, side, strict=True)]
            for side in ends
        ]
        x = [point["factors"][name] for point in known]
        whole &= all(isinstance(level, int) for level in x)
        axes.errorbar(
            x, means, yerr=errors, fmt="o-" if numeric else "o", color=colour, label=words, capsize=3
        )
    axes.set(xlabel=factor_words(name), ylabel=_axis_words(kpi))
    if whole:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(lines) > 1:
        axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return svg_of(picture, f"{kpi} by {factor_words(name)}")


def _varied(document: Mapping[str, Any]) -> list[str]:
    """Factors with more than one level, in the order in which they were given."""
    names = dict.fromkeys(name for point in document["points"] for name in point["factors"])
    return [name for name in names if len({repr(p["factors"].get(name)) for p in document["points"]}) > 1]


def _choice_words(factors: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{factor_words(name)} {value if isinstance(value, str) else format(value, 'g')}"
        for name, value in factors.items()
    )


def _axis_words(kpi: str) -> str:
    unit = judged_figure(kpi).unit
    return f"{kpi}, {'%' if unit == 'share' else unit}"


def _scaled(value: float | None, kpi: str) -> Any:
    """A value as it is drawn: a share in per cent."""
    return value if value is None or judged_figure(kpi).unit != "share" else 100.0 * value


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
