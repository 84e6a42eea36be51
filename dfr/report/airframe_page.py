"""The page of drones on paper (`airframe_html`): one HTML file that opens without a network and prints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import jinja2
from markupsafe import Markup

from dfr import __version__
from dfr.aircraft.airframe_study import AirframeStudy, StudyFigure, predict_makers_hover, weigh_designs
from dfr.metrics.designs import DesignsOnScenario
from dfr.plan.checks.crowds import igrc_by_density
from dfr.report.airframe_chart import airframe_chart
from dfr.report.words import missed_words


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A figure of one or two designs, as the page shows it."""

    what: str
    unit: str
    values: tuple[str, ...]
    change: str
    basis: str


def airframe_html(studies: Sequence[AirframeStudy], calls: DesignsOnScenario | None) -> str:
    """The page of one or two designs, with the calls that each reaches where they were flown."""
    templates = resources.files("dfr.report") / "templates"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((templates / "airframe.html.j2").read_text(encoding="utf-8"))
    styles = "".join((templates / name).read_text(encoding="utf-8") for name in ("map.css", "report.css"))
    return template.render(
        css=Markup(styles),
        version=__version__,
        studies=studies,
        rows=figure_rows(studies),
        motor_words=[motor_words(study) for study in studies],
        risks=risk_rows(studies),
        chart=Markup(airframe_chart(studies)),
        calls=calls,
        missed=[] if calls is None else [_missed(one.missed_by) for one in calls.designs],
        assumptions=list(dict.fromkeys(line for study in studies for line in study.assumptions)),
        makers=predict_makers_hover(),
    )


def figure_rows(studies: Sequence[AirframeStudy]) -> list[FigureRow]:
    """Every figure, the designs beside each other; the change is the second over the first."""
    costs = weigh_designs(*studies) if len(studies) == 2 else {}
    return [
        FigureRow(
            what=same[0].what,
            unit="" if same[0].unit == "1" else same[0].unit,
            values=tuple(value_words(each) for each in same),
            change=f"{costs[same[0].name]:+.0%}" if same[0].name in costs else "",
            basis=same[0].basis,
        )
        for same in zip(*(study.figures for study in studies), strict=True)
    ]


def value_words(figure: StudyFigure) -> str:
    """A value to three figures, with its range where there is one."""
    if figure.value is None:
        return "unknown"
    text = _number(figure.value)
    if figure.low is None or figure.high is None:
        return text
    return f"{text} ({_number(figure.low)} to {_number(figure.high)})"


def motor_words(study: AirframeStudy) -> str:
    """What a stopped motor leaves, in a sentence."""
    left = study.motor_out
    if left.controllable:
        return (
            f"Any one motor may stop: it keeps its heading, and holds {left.wind_limit_mps:.0f} m/s of wind."
        )
    if left.upright_without_yaw:
        some = f"keeps its heading for {left.motors_keep_heading} of {left.motors} motors, and else "
        told = some if left.motors_keep_heading else ""
        return f"With any one motor stopped it {told}stays upright but turns: it must land at once."
    if left.motors_keep_upright:
        return (
            f"It falls if one of {left.motors - left.motors_keep_upright} of its {left.motors} motors stops."
        )
    return "It falls if any motor stops."


def risk_rows(studies: Sequence[AirframeStudy]) -> list[tuple[str, tuple[str, ...]]]:
    """(people per km², iGRC of each design) by the table of SORA 2.5."""
    columns = [
        igrc_by_density(size_m=study.drone.size_m, speed_mps=study.drone.max_speed_mps) for study in studies
    ]
    if not all(columns):
        return []
    densest = max(below for below, _ in columns[0] if math.isfinite(below))
    return [
        (
            f"below {below:,.0f}" if math.isfinite(below) else f"{densest:,.0f} or more, and assemblies",
            tuple("outside SORA" if column[row][1] is None else str(column[row][1]) for column in columns),
        )
        for row, (below, _) in enumerate(columns[0])
    ]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100.0 else f"{value:.3g}"


def _missed(missed_by: Mapping[str, int]) -> str:
    return ", ".join(f"{missed_words(reason)} {count}" for reason, count in missed_by.items()) or "none"
