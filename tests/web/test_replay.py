"""What is replayed: predicted and flown on one clock, and a shift whose parts are its records."""

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.api.logs import JudgedDrone
from dfr.geo import Position
from dfr.logs.model import FlightLog, Quantity, Series
from dfr.metrics.kpi import summarise
from dfr.metrics.timeline import ShiftKind
from dfr.sim.experiment import simulate
from dfr.store.tracks import StoredFlight, load_flights, store_flight
from dfr.track import FlightTrack, Phase, track_of_phases
from dfr.web.page_data import PageData
from dfr.web.replay import gauge_series, replay_of, replay_of_log, shift_of, stored_flights
from dfr.web.runs import SimulationRuns

from ..logs.made_flights import Truth, fly_made_dispatch, fly_made_flight

HOME = Position(lat_deg=50.78, lon_deg=-1.09)
PHASES = {Phase.CLIMB: 24.0, Phase.OUT: 20.0, Phase.ON_SCENE: 60.0, Phase.BACK: 20.0, Phase.LAND: 50.0}


def predicted():
    return track_of_phases("p", PHASES, path_m=np.array([[0.0, 0.0], [120.0, 160.0]]), height_m=60.0)


def flown(late_s=40.0):
    """The same flight, sampled ten times a second after some time on the ground."""
    sparse = predicted()
    t_s = np.arange(0.0, late_s + sparse.t_s[-1], 0.1)
    columns = {
        name: np.interp(t_s - late_s, sparse.t_s, getattr(sparse, name))
        for name in ("east_m", "north_m", "height_m")
    }
    return FlightTrack(name="f", t_s=100.0 + t_s, return_t_s=None, **columns)


def test_predicted_and_flown_lie_over_each_other_however_long_the_drone_waited():
    shown = replay_of(HOME, flown=flown(), predicted=predicted(), title="x", ceiling_m=120.0)
    for key in ("height_m", "lon", "lat"):
        a = np.interp(np.arange(0, 170), shown["flown"]["t_s"], shown["flown"][key])
        b = np.interp(np.arange(0, 170), shown["predicted"]["t_s"], shown["predicted"][key])
        scale = 1.0 if key == "height_m" else 1e-5
        assert np.abs(a - b).max() < 1.5 * scale
    assert max(shown["flown"]["speed_mps"]) == pytest.approx(10.0, abs=0.5)


def test_a_stored_flight_is_read_back(tmp_path):
    store_flight(tmp_path, StoredFlight(name="a-b", home=HOME, predicted=predicted(), flown=flown()))
    (kept,) = load_flights(tmp_path)
    assert kept.home == HOME
    np.testing.assert_allclose(kept.flown.height_m, flown().height_m, atol=1e-3)
    assert list(stored_flights(tmp_path, ceiling_m=None)) == ["a-b"]


@pytest.fixture(scope="module")
def simulated(victorious):
    world, plan = victorious
    run = simulate(world, plan, replications=3, seed=5)
    return world, plan, run.records, summarise(run.records, run.inputs.deployment, seed=5)


@pytest.mark.parametrize("kind", list(ShiftKind))
def test_a_shift_is_told_with_places_for_all_that_happens(simulated, kind):
    world, plan, records, _ = simulated
    shift = shift_of(world, plan, records, kind)
    assert shift["start_s"] < shift["end_s"]
    assert {bar["dock"] for bar in shift["bars"]} <= set(shift["docks"])
    in_shift = [c for c in shift["calls"] if shift["start_s"] <= c["call_s"] < shift["end_s"]]
    assert in_shift
    reached = [f for f in shift["flights"] if f["airborne_s"] is not None]
    assert all(len(f["path"]) >= 2 for f in reached)
    for f in reached:
        if f["landed_s"] is not None:
            assert f["landed_s"] > f["airborne_s"]
            assert 0.0 < f["reserve"] < f["reserve"] + f["used"] <= 1.001


def test_runs_are_listed_compared_and_told_apart_by_their_numbers(simulated):
    world, plan, records, summary = simulated
    runs = SimulationRuns()
    runs.add_run("first", world, plan, records, summary)
    runs.add_run("second", world, plan, records, summary)
    pages = PageData(runs=runs)
    assert [run["label"] for run in pages.list_replays()["runs"]] == ["first", "second"]
    assert all(row["difference"] in (0.0, None) for row in runs.compare_runs(1, 2))
    assert pages.replay_shift(2, "worst")["kind"] == "shift"


def test_the_log_s_battery_and_wind_are_told_from_lift_off_about_once_a_second():
    t_s = flown().t_s[0] + 0.25 * np.arange(400)
    log = FlightLog(
        name="told",
        file_format="made",
        series={
            Quantity.REMAINING: Series(t_s=t_s, values=1.0 - 0.001 * np.arange(400)),
            Quantity.WIND_NORTH_MPS: Series(t_s=t_s, values=np.full(400, -6.0)),
            Quantity.WIND_EAST_MPS: Series(t_s=t_s, values=np.zeros(400)),
        },
    )
    found = gauge_series(log, flown())
    times = [t for t, _ in found["battery"]]
    assert len(times) == pytest.approx(100, abs=2)
    assert min(np.diff(times)) > 0.99
    assert found["battery"][0] == (pytest.approx(-40.0, abs=3.0), pytest.approx(100.0))
    assert {value for _, value in found["wind"]} == {6.0}


def test_a_vehicle_that_tells_neither_has_no_gauges():
    silent = FlightLog(name="silent", file_format="made", series={})
    assert gauge_series(silent, flown()) == {"battery": [], "wind": []}


def test_a_log_of_several_flights_is_played_with_all_of_them_on_one_clock():
    t_s = np.arange(0.0, 200.0, 0.5)
    flies = (t_s % 100 > 20) & (t_s % 100 < 80)
    log = FlightLog(
        name="two",
        file_format="made",
        series={
            Quantity.LAT_DEG: Series(t_s=t_s, values=50.0 + 1e-5 * t_s),
            Quantity.LON_DEG: Series(t_s=t_s, values=np.full(len(t_s), 8.0)),
            Quantity.HEIGHT_M_HOME: Series(t_s=t_s, values=np.where(flies, 20.0, 0.0)),
            Quantity.ON_GROUND: Series(t_s=t_s, values=np.where(flies, 0.0, 1.0)),
        },
    )
    shown = replay_of_log(log, ceiling_m=None)
    assert shown["flights"] == [
        [pytest.approx(0.0, abs=0.6), pytest.approx(60.0, abs=1.0)],
        [pytest.approx(100.0, abs=0.6), pytest.approx(160.0, abs=1.0)],
    ]
    assert max(shown["flown"]["height_m"]) == 20.0


def test_a_broken_log_takes_nothing_from_the_flight_beside_it(tmp_path):
    store_flight(tmp_path, StoredFlight(name="a-b", home=HOME, predicted=predicted(), flown=flown()))
    (tmp_path / "flights").mkdir()
    (tmp_path / "flights" / "a-b.tlog").write_bytes(b"no log")
    shown = stored_flights(tmp_path, ceiling_m=None)["a-b"]
    assert shown["flown"]["t_s"]
    assert "gauges" not in shown


def test_each_flight_of_a_log_stands_beside_its_prediction_or_says_why_not():
    truth = Truth(drone=find_drone("study-hexa"))
    log = fly_made_dispatch(truth, np.random.default_rng(1), name="dispatch.bin")
    judged = JudgedDrone(drone=truth.drone, energy_band=0.07)
    (shown,) = replay_of_log(log, ceiling_m=None, judged=judged)["compared"]
    phases = {phase["phase"]: phase for phase in shown["phases"]}
    assert phases["out"]["predicted_s"] == pytest.approx(phases["out"]["flown_s"], rel=0.3)
    energy = shown["energy"]
    assert energy["band"] == 0.07
    assert energy["motion_wh"] == pytest.approx(energy["flown_wh"], rel=0.15)
    assert shown["drone"] == truth.drone.name


def test_a_flight_that_goes_nowhere_says_that_there_is_nothing_to_compare():
    drone = find_drone("study-hexa")
    rng = np.random.default_rng(1)
    hover = fly_made_flight(Truth(drone=drone), rng, name="hover.bin", legs=((0.0, 0.0, 20.0),))
    shown = replay_of_log(hover, ceiling_m=None, judged=JudgedDrone(drone=drone))
    assert "no legs to compare" in shown["compared"][0]["why"]
