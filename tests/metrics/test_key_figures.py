"""The registry of key figures, and all that names one."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from dfr.cli import main, rehearse, simulate, sweep
from dfr.errors import InputError
from dfr.metrics.kpi import summarise
from dfr.report import html
from dfr.scenario.key_figures import KEY_FIGURES, Better, KeyFigure, find_key_figure, judged_figure
from dfr.scenario.schema import SimulationIn
from dfr.sim.inputs import Deployment
from dfr.store.sweeps import Goal

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "dfr/web/static/simulate.js").read_text(encoding="utf-8")
TILES = re.findall(r'"(\w+)"', next(line for line in PAGE.splitlines() if "TILES" in line))
NAMED = {
    "dfr simulate": simulate.SHOWN,
    "dfr sweep": sweep.SHOWN,
    "dfr rehearse": rehearse.SHOWN_KPIS,
    "the report": (*html.DISTRIBUTIONS, *html.SHARE_FIGURES, *html.CLOCKS_SHOWN),
    "the page": TILES,
}


def test_every_figure_of_a_run_is_in_the_registry_with_its_unit(
    records, call, flight, deployment: Deployment
):
    run = records({"calls": [call(0)], "flights": [flight(0)]})
    for name, kpi in summarise(run, deployment, seed=1).kpis.items():
        figure = find_key_figure(name)
        assert figure is not None, name
        assert kpi.unit == figure.unit, name
        assert kpi.what, name


@pytest.mark.parametrize("where", NAMED)
def test_whatever_shows_figures_names_those_of_the_registry(where: str):
    assert len(NAMED[where]) > 3
    assert set(NAMED[where]) <= set(KEY_FIGURES)


def test_the_help_of_sweep_offers_every_figure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "400")
    words = CliRunner().invoke(main.app, ["sweep", "--help"]).output
    assert [name for name in KEY_FIGURES if name not in re.sub(r"\s+", " ", words)] == []


@pytest.mark.parametrize(
    ("figure", "smaller"),
    [
        ("call_to_overhead_s", True),
        ("within_300_s", False),
        ("within_target.zone.beach", False),
        ("landing_not_disarmed", True),
        ("missed_for_rain", True),
        ("camera_minutes_over_homes_per_day", True),
    ],
)
def test_a_sweep_knows_of_which_figures_less_is_better(figure: str, smaller: bool):
    assert Goal(kpi=figure, zone=0.01, confidence=0.95).smaller_is_better is smaller


@pytest.mark.parametrize("figure", KEY_FIGURES.values(), ids=lambda figure: figure.name)
def test_every_figure_says_its_unit_clock_and_direction_where_it_is_defined(figure: KeyFigure):
    assert figure.unit
    assert figure.clock
    assert isinstance(figure.better, Better)


@pytest.mark.parametrize("name", ["flights_per_day", "utilisation", "calls_per_duty_hour"])
def test_nothing_is_ranked_by_a_figure_of_which_neither_more_nor_less_is_better(name: str):
    with pytest.raises(InputError, match=f"neither more nor less {name}"):
        judged_figure(name)


def test_one_page_lists_every_figure_with_clock_and_direction():
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    page = hooks.key_figures()
    for figure in KEY_FIGURES.values():
        assert (
            f"| `{figure.name}` | {figure.unit} | {figure.what} | {figure.clock} | {figure.better} |" in page
        )


def test_a_scenario_names_its_primary_figure():
    assert SimulationIn(primary_figure="call_to_video_s").to_domain().primary_figure == "call_to_video_s"
    assert SimulationIn().to_domain().primary_figure == "within_target"


@pytest.mark.parametrize("name", ["beauty", "flights_per_day"])
def test_a_primary_figure_that_cannot_judge_is_refused_where_the_scenario_is_read(name: str):
    with pytest.raises(ValidationError, match=name):
        SimulationIn(primary_figure=name)
