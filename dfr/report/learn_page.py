"""The page of what was learned from logs (`learn_html`): one HTML file that opens without a network."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

import jinja2
from markupsafe import Markup

from dfr import __version__
from dfr.report.learn_chart import bursts_chart, durations_chart, hours_of_week_chart
from dfr.report.learn_words import figure_rows
from dfr.world.learning.figures import FEWEST_SHOWN, Lesson


def learn_html(lesson: Lesson, *, guessed: Sequence[str] = ()) -> str:
    """The page: data against fit, every figure with its interval, and what the log does not tell."""
    templates = resources.files("dfr.report") / "templates"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((templates / "learn.html.j2").read_text(encoding="utf-8"))
    styles = "".join((templates / name).read_text(encoding="utf-8") for name in ("map.css", "report.css"))
    durations = durations_chart(lesson)
    return template.render(
        css=Markup(styles),
        version=__version__,
        lesson=lesson,
        guessed=guessed,
        rows=figure_rows(lesson),
        hours=Markup(hours_of_week_chart(lesson.hours)),
        durations=None if durations is None else Markup(durations),
        bursts=None if lesson.bursts is None else Markup(bursts_chart(lesson.bursts)),
        types=[(name, list(row.values())) for name, row in lesson.by_type.items()],
        grades=list(next(iter(lesson.by_type.values()), {})),
        fewest=FEWEST_SHOWN,
    )
