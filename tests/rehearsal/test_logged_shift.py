"""A shift reported from its log: the same figures as the simulation makes, beside the model's."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import simpy
from typer.testing import CliRunner

from dfr.api.logs import compare, compare_shift
from dfr.cli.report import app
from dfr.errors import InputError
from dfr.io.files import json_text
from dfr.io.scenario_files import find_scenario, load_world
from dfr.logs.comparison import ComparedFlights
from dfr.metrics.kpi import Summary, summarise
from dfr.metrics.logged_shift import PRIVACY, LoggedShift
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.rehearsal.logged_shift import report_log
from dfr.report.shift_page import shift_page
from dfr.sim.calls import draw_calls
from dfr.sim.engine import Engine, model_flights
from dfr.sim.events import Records, vocabulary
from dfr.sim.inputs import (
    Condition,
    DockPlace,
    Duty,
    Grade,
    Homes,
    Landing,
    Leg,
    SimInputs,
    ZoneDemand,
)
from dfr.sim.randomness import Spread, Streams
from dfr.store.shift_log import LOG, ShiftLog, read_shift_log

from ..io.logs.log_samples import SAMPLES

SCENARIO = "victorious-2024"
NONE_KEPT = ComparedFlights(flights=(), left_out=())
SECONDS = 4 * 3600.0
LEG = Leg(climb_s=20.0, out_s=40.0, back_s=50.0, land_s=30.0, out_wh=6.0, home_wh=8.0, hover_w=360.0)


@pytest.fixture(scope="module")
def inputs() -> SimInputs:
    """One dock with two drones, one zone, four hours; people live in a quarter of the zone."""
    condition = Condition(hold="", legs=((LEG,),), nearest=((0,),), landing=Landing(), battery_wh=100.0)
    grade = Grade(
        id="urgent",
        rank=0,
        share=1.0,
        target_s=150.0,
        patience=Spread.constant(900.0),
        on_scene=Spread.exponential(300.0),
    )
    return SimInputs(
        scenario="test",
        hour_edges_s=(0.0, SECONDS),
        rates_per_s=(6.0 / 3600.0,),
        rate_cv=0.0,
        zones=(ZoneDemand(id="square", share=1.0, ground_travel_s=100.0),),
        grades=(grade,),
        decision=Spread.constant(10.0),
        launch=Spread.constant(25.0),
        video=Spread.constant(5.0),
        ground_mobilisation=Spread.constant(60.0),
        docks=(DockPlace(id="east", drones=2),),
        conditions=(condition,),
        condition_of_hour=(0,),
        duties=(Duty(start_s=0.0, end_s=99999.0, drones=2, remote_pilots=2, safety_pilots=2),),
        limits_s=(60.0, 120.0),
        homes=Homes(by_zone=(0.25,), by_way=((0.1,),)),
    )


@pytest.fixture(scope="module")
def shift(inputs: SimInputs, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    """The folder of a shift in which the model flew, as a live shift writes it, and its own figures."""
    folder = tmp_path_factory.mktemp("shift")
    calls = draw_calls(inputs, Streams(1, 0))
    engine = Engine(inputs, simpy.Environment(), model_flights)
    begun = {"start": "2024-08-24T12:00:00+01:00", "scenario": SCENARIO, "simulated": True}
    vehicles = {"east/1": "udp:127.0.0.1:14550", "east/2": "udp:127.0.0.1:14560"}
    with ShiftLog(folder, sync_s=3600.0) as log:
        log.append("shift.begun", {"t_s": 0.0, **begun, "vehicles": vehicles})
        for call in calls:
            log.append("call.reported", {"call": call.id, "zone": call.zone, "t_s": call.t_s}, {"text": "x"})
        log.append("call.reported", {"call": len(calls), "zone": None, "t_s": 1.0}, {"text": "far away"})
        engine._log.tell_rows(lambda table, row: log.append("row", {"table": table, "row": row}))
        events = engine.run(calls, [])
        log.append("shift.ended", {"t_s": SECONDS})
    records = Records.joined(vocabulary(inputs), (0,), [events.tables(0)])
    return folder, summarise(records, inputs.deployment, seed=1)


@pytest.fixture(scope="module")
def report(inputs: SimInputs, shift: tuple[Path, Summary]) -> LoggedShift:
    return report_log(inputs, read_shift_log(shift[0]), title="A fête", replications=3, seed=1)


def test_the_figures_are_those_that_the_simulation_makes(
    report: LoggedShift, shift: tuple[Path, Summary]
) -> None:
    own = {name: kpi.mean for name, kpi in shift[1].kpis.items() if kpi.mean is not None}
    flown = {pair.name: pair.flown for pair in report.kpis}
    assert own.keys() <= flown.keys()
    assert {name: flown[name] for name in own} == own
    assert report.seconds == SECONDS


def test_the_model_has_the_same_calls(report: LoggedShift) -> None:
    figures = {pair.name: pair for pair in report.kpis}
    assert figures["calls_per_day"].modelled == figures["calls_per_day"].flown
    assert report.replications == 3


def test_what_cameras_may_have_seen_is_told(report: LoggedShift) -> None:
    assert [pair.name for pair in report.privacy] == [
        name for name in PRIVACY if name in {p.name for p in report.kpis}
    ]
    assert report.privacy


def test_camera_minutes_are_told_for_the_shift_itself_too(
    report: LoggedShift, shift: tuple[Path, Summary]
) -> None:
    (on_scene, *_) = (pair for pair in report.privacy if pair.name.startswith("on_scene"))
    assert on_scene.flown is not None
    assert "(4.0 h)" in on_scene.what
    page = shift_page(report, read_shift_log(shift[0]).check, NONE_KEPT)
    assert f"{on_scene.flown:.1f} min a day" in page
    assert f">{on_scene.flown * 4.0 / 24.0:.1f} min<" in page


def test_every_flight_stands_beside_its_prediction(report: LoggedShift) -> None:
    assert len(report.flights) > 3
    for flight in report.flights:
        if flight.out_s is not None:
            assert flight.out_s == pytest.approx(flight.predicted_out_s)  # the model flew it


def test_a_call_outside_every_zone_is_counted_and_in_no_figure(report: LoggedShift) -> None:
    assert report.outside == 1
    assert report.calls == sum(report.outcomes.values()) + 1
    assert report.unknown == ()


def test_the_page_holds_it_all_and_no_markup_of_others(
    report: LoggedShift, shift: tuple[Path, Summary]
) -> None:
    check = read_shift_log(shift[0]).check
    page = shift_page(replace(report, scenario="<script>alert(1)</script>"), check, NONE_KEPT)
    assert "<script" not in page
    assert check.head in page
    assert "The log is whole" in page
    assert "No telemetry was kept" in page
    assert len(re.findall("<tr><td>", page)) >= len(report.flights) + len(report.kpis)


def test_flights_of_which_telemetry_was_kept_are_told_phase_by_phase(
    report: LoggedShift, shift: tuple[Path, Summary], tmp_path: Path
) -> None:
    """The telemetry of one sortie, to none of the plan's routes, beside a file that is none."""
    (tmp_path / "east-1-20240824T120000.tlog").write_bytes(SAMPLES["flight.tlog"])
    (tmp_path / "east-2-20240824T120000.tlog").write_bytes(b"no telemetry")
    plan = cast(Plan, SimpleNamespace(routes=()))
    fleet = load_world(find_scenario(SCENARIO)).scenario.fleet
    compared = compare_shift(tmp_path, plan, fleet)
    (flight,) = compared.flights
    assert {phase.phase.value for phase in flight.phases if phase.flown_s} >= {"climb", "out", "back", "land"}
    assert flight == compare([tmp_path / "east-1-20240824T120000.tlog"], drone=fleet.drone).flights[0]
    assert "east-2" in compared.left_out[0]
    page = shift_page(report, read_shift_log(shift[0]).check, compared)
    assert flight.label in page
    assert "Left out: " in page
    assert "No telemetry was kept" not in page


def test_a_shift_that_has_not_ended_says_so(
    inputs: SimInputs, shift: tuple[Path, Summary], tmp_path: Path
) -> None:
    lines = (shift[0] / LOG).read_bytes().splitlines(keepends=True)
    (tmp_path / LOG).write_bytes(b"".join(lines[:-2]))
    found = report_log(inputs, read_shift_log(tmp_path), title="A fête", replications=1, seed=1)
    assert found.unknown == ("the shift has not ended: calls that are open are in no figure",)


def test_a_changed_log_is_told_as_far_as_it_is_whole(
    inputs: SimInputs, shift: tuple[Path, Summary], tmp_path: Path
) -> None:
    lines = (shift[0] / LOG).read_bytes().splitlines(keepends=True)
    lines[-3] = lines[-3].replace(b'"utc": "2', b'"utc": "3')
    (tmp_path / LOG).write_bytes(b"".join(lines))
    found = report_log(inputs, read_shift_log(tmp_path), title="A fête", replications=1, seed=1)
    assert any(words.startswith("only what stands before the change is told") for words in found.unknown)
    assert "THE LOG WAS CHANGED" in shift_page(found, read_shift_log(tmp_path).check, NONE_KEPT)


def test_a_yes_is_the_decision_and_officers_that_nobody_noted_are_unknown(
    inputs: SimInputs, shift: tuple[Path, Summary], tmp_path: Path
) -> None:
    before = read_shift_log(shift[0])
    with ShiftLog(tmp_path) as log:
        for record in before.records:
            content = dict(record.content)
            if content.get("table") == "calls":
                row = dict(content["row"])
                content["row"] = {**row, "decided_s": row["call_s"], "ground_s": None, "outcome": "attended"}
            log.append(record.kind, content)
    found = report_log(inputs, read_shift_log(tmp_path), title="A fête", replications=1, seed=1)
    figures = {pair.name: pair for pair in found.kpis}
    assert figures["first_on_scene"].flown is None
    assert figures["first_on_scene"].modelled is not None
    own = shift[1].kpis
    assert figures["call_to_decision_s"].flown == pytest.approx(
        own["call_to_overhead_s"].mean - own["airborne_to_overhead_s"].mean - 25.0  # the launch takes 25 s
    )


def test_a_row_that_is_none_is_refused(inputs: SimInputs, tmp_path: Path) -> None:
    with ShiftLog(tmp_path) as log:
        log.append("shift.begun", {"scenario": SCENARIO, "start": "", "vehicles": {}, "simulated": True})
        log.append("row", {"table": "calls", "row": {"call": "x"}})
    with pytest.raises(InputError, match="is none"):
        report_log(inputs, read_shift_log(tmp_path), title="", replications=1, seed=1)


def run_report(*words: object) -> Any:
    done = CliRunner().invoke(app, [*map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.mark.slow
def test_the_verb_tells_a_shift_of_a_scenario_in_words_and_json_and_a_page(tmp_path: Path) -> None:
    world = load_world(find_scenario(SCENARIO))
    plan = make_plan(world)
    (tmp_path / "plan.json").write_text(json_text(plan.as_dict()))
    start = (world.scenario.period.start + timedelta(hours=6)).isoformat()
    vehicles = {f"{site.id}/1": "udp:127.0.0.1:14550" for site in plan.sites}
    with ShiftLog(tmp_path) as log:
        begun = {"start": start, "scenario": SCENARIO, "simulated": True, "vehicles": vehicles}
        log.append("shift.begun", {"t_s": 0.0, **begun})
        log.append("shift.ended", {"t_s": 3600.0})
    page = tmp_path / "shift.html"
    done = run_report(tmp_path, SCENARIO, "--replications", 2, "--out", page)
    assert done.exit_code == 0
    assert "unknown: no call ended in the log" in done.stdout
    assert "last hash:" in done.stdout
    assert "telemetry: none was kept" in done.stdout
    assert page.is_file()
    document = json.loads(run_report(tmp_path, SCENARIO, "--json").stdout)
    assert document["log"]["whole"]
    assert document["seconds"] == 3600.0
    with pytest.raises(InputError, match="a plan of another scenario"):
        run_report(tmp_path, "urban-fringe-999", "--plan", tmp_path / "plan.json")


def test_a_folder_without_a_shift_is_refused(inputs: SimInputs, tmp_path: Path) -> None:
    with ShiftLog(tmp_path) as log:
        log.append("vehicle", {"text": "hello"})
    with pytest.raises(InputError, match="no shift was begun"):
        report_log(inputs, read_shift_log(tmp_path), title="", replications=1, seed=1)
