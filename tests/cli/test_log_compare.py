"""`dfr log compare`: words, JSON, a plan's own times, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dfr
from dfr.aircraft.catalogue import find_drone
from dfr.cli.log_compare import compare
from dfr.errors import InputError
from dfr.geo import LocalFrame
from dfr.logs.comparison import compare_flight, find_route
from dfr.logs.flights import find_flights
from dfr.plan.model import Route

from ..logs.made_flights import Truth, fly_made_dispatch
from ..logs.made_logs import write_dataflash

DRONE = find_drone("arducopter-sitl-quad")
LOGGED = [
    fly_made_dispatch(Truth(drone=DRONE), np.random.default_rng(n), name=f"day-{n}.bin") for n in (1, 2)
]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the logs of two dispatches."""
    folder = tmp_path_factory.mktemp("dispatches")
    for log in LOGGED:
        (folder / log.name).write_bytes(write_dataflash(log))
    return folder


def test_each_flight_and_then_all_of_them_are_told(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compare([logs], drone="arducopter-sitl-quad")
    said = capsys.readouterr().out
    assert "day-1.bin#1, 2024-" in said
    assert "out       predicted " in said
    assert "energy    predicted " in said
    assert "over 2 flights, flown against predicted:" in said


def test_json_has_each_phase_beside_its_prediction(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compare([logs / "day-1.bin"], drone="arducopter-sitl-quad", wind="0@0", as_json=True)
    document = json.loads(capsys.readouterr().out)
    (flight,) = document["flights"]
    assert [phase["phase"] for phase in flight["phases"]] == ["climb", "out", "on_scene", "back", "land"]
    assert "in the wind given: 0.0 m/s from 0°" in flight["notes"]
    assert {summary["quantity"] for summary in document["summaries"]} >= {"out", "back", "energy"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"drone": "none"}, "no drone 'none'"),
        ({"wind": "strong"}, "not m/s@degrees"),
        ({"plan": Path("missing.json")}, "missing.json"),
    ],
)
def test_what_is_wrong_is_said(options: dict[str, object], says: str, logs: Path) -> None:
    with pytest.raises(InputError, match=says):
        compare([logs], **{"drone": "arducopter-sitl-quad", **options})


def test_a_folder_of_hops_is_nothing_to_compare(tmp_path: Path) -> None:
    log = LOGGED[0]
    still = {
        q: replace(s, values=s.values * 0.0 + s.values[0])
        for q, s in log.series.items()
        if q.endswith("_deg")
    }
    hop = replace(log, series={**log.series, **still})
    (tmp_path / "hop.bin").write_bytes(write_dataflash(hop))
    with pytest.raises(InputError, match="no flight to compare"):
        dfr.compare([tmp_path], drone="arducopter-sitl-quad")


def test_a_plan_s_own_times_stand_beside() -> None:
    (flight,) = find_flights(LOGGED[0])
    assert flight.home is not None
    farthest = int(np.argmax(np.hypot(flight.track.east_m, flight.track.north_m)))
    target = LocalFrame(flight.home).position(
        float(flight.track.east_m[farthest]), float(flight.track.north_m[farthest])
    )
    route = Route(
        site_id="dock", zone_id="field", points=(flight.home, target), height_m_agl=40.0, length_m=300.0,
        reachable=True, limited_by="speed", climb_s=15.0, out_s=45.0, back_s=50.0, land_s=30.0,
        energy_wh=20.0,
    )  # fmt: skip
    plan = _PlanOf(routes=(replace(route, zone_id="other", points=(target, flight.home)), route))
    assert find_route(plan, flight) is route  # type: ignore[arg-type]
    found = compare_flight(LOGGED[0], flight, DRONE, route=route)
    assert found.planned_s == {"climb": 15.0, "out": 45.0, "back": 50.0, "land": 30.0}
    assert found.notes[0] == "the plan's route from dock to field"
    with pytest.raises(InputError, match="no route of the plan"):
        find_route(_PlanOf(routes=()), flight)  # type: ignore[arg-type]


class _PlanOf:
    """What is asked of a plan: its routes."""

    def __init__(self, *, routes: tuple[Route, ...]) -> None:
        self.routes = routes
