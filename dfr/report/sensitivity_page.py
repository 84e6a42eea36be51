"""The page of a sensitivity study (`sensitivity_html`), its tornado chart and its table as CSV."""

from __future__ import annotations

import csv
import io
from importlib import resources

import jinja2
import numpy as np
from markupsafe import Markup

from dfr import __version__
from dfr.metrics.sensitivity import Effect, End, Sensitivity
from dfr.report.charts import BLUE, GREY, ORANGE, empty_chart, svg_of
from dfr.report.words import figure, number, plural, short

MOST_BARS = 20
LONGEST_NAME = 52
COLUMNS = (
    "figure", "value", "low", "high", "answer_at_low", "answer_at_high", "shift_at_low", "shift_at_high",
    "clear", "verdict_at_low", "verdict_at_high", "not_judged", "worth_knowing", "worth_error", "source",
)  # fmt: skip


def sensitivity_html(study: Sensitivity) -> str:
    """The page with its styles and its chart inside; no script, no outside address."""
    templates = resources.files("dfr.report") / "templates"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, lstrip_blocks=True)
    environment.filters |= {"plural": plural}
    template = environment.from_string((templates / "sensitivity.html.j2").read_text(encoding="utf-8"))
    return template.render(
        study=study,
        chart=Markup(tornado_chart(study)),
        css=Markup((templates / "report.css").read_text(encoding="utf-8")),
        version=__version__,
        figure=figure,
        end_words=end_words,
        worth_words=worth_words,
        quantity=lambda value: f"{value:.4g}",
    )


def end_words(end: End, study: Sensitivity) -> str:
    """What comes of a figure at one end: by how much the answer moves, and whether the verdict turns."""
    if end.judged.refused:
        return f"not judged: {end.judged.refused}"
    words = "-" if end.shift is None else shift_words(end.shift, study.unit) if end.shift else "no change"
    if end.shift and end.difference is not None and not end.difference.clear:
        words += " (no clear difference)"
    if end.judged.verdict != study.base.verdict:
        new = sorted(end.judged.stopped_by - study.base.stopped_by)
        words += f"; {end.judged.verdict}" + (f": {', '.join(new)}" if new else "")
    return words


def shift_words(shift: float, unit: str) -> str:
    """A shift of the answer: of a share in percentage points."""
    if unit == "share":
        return f"{number(100 * shift, sign=True)} points"
    return f"{number(shift, sign=True)}{figure(0.0, unit).removeprefix('0.0')}"


def worth_words(effect: Effect, study: Sensitivity) -> str:
    """What knowing a figure before the decision is worth, as the answer is measured."""
    if effect.worth is None:
        return "-"
    if effect.worth.value <= 2.0 * effect.worth.error or effect.worth.value <= 0.0:
        return "nothing that can be told from chance"
    docks = () if study.decision is None else study.decision.docks
    low, _, high = (docks[place] for place in effect.worth.chosen_at)
    worth = shift_words(effect.worth.value, study.unit).lstrip("+")
    return f"{worth}: {plural(low, 'dock')} at the low end, {high} at the high"


def tornado_chart(study: Sensitivity) -> str:
    """The largest effects as bars on both sides of the answer, as SVG."""
    shown = [effect for effect in study.effects if effect.swing > 0.0][:MOST_BARS]
    picture, axes = empty_chart(9.0, 1.2 + 0.3 * max(1, len(shown)))
    scale = 100.0 if study.unit == "share" else 1.0
    y = np.arange(len(shown))
    for side, colour in (("low", BLUE), ("high", ORANGE)):
        ends = [effect.low if side == "low" else effect.high for effect in shown]
        axes.barh(
            y, [scale * (end.shift or 0.0) for end in ends], 0.7, color=colour, label=f"at its {side} end"
        )
        for place, end in enumerate(ends):
            if end.shift is None:  # a value beside no bar would say that it changes nothing
                continue
            axes.text(
                scale * end.shift,
                place,
                f" {end.value:.3g} ",
                va="center",
                ha="left" if end.shift >= 0.0 else "right",
                fontsize=7,
            )
    axes.set_yticks(y, [short(effect.lever.name, LONGEST_NAME) for effect in shown], fontsize=8)
    axes.axvline(0.0, color=GREY, linewidth=1)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    unit = "percentage points" if study.unit == "share" else study.unit
    axes.set(xlabel=f"{study.figure} less {figure(study.answer, study.unit)}, {unit}")
    axes.legend(loc="lower right", fontsize=8)
    return svg_of(picture, "Effects of uncertain figures")


def sensitivity_csv(study: Sensitivity) -> str:
    """A row for each figure, the largest effect first."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for effect in study.effects:
        ends, worth, lever = (effect.low, effect.high), effect.worth, effect.lever
        answers = ["" if end.difference is None else end.difference.second for end in ends]
        refused = [end.judged.refused for end in ends if end.judged.refused]
        rows.writerow(
            [
                lever.name, lever.value, lever.low, lever.high, *answers, *(end.shift for end in ends),
                effect.clear, *(end.judged.verdict for end in ends), "; ".join(refused),
                None if worth is None else worth.value, None if worth is None else worth.error, lever.source,
            ]
        )  # fmt: skip
    return text.getvalue()
