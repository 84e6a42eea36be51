"""Landings judged and counted, on touchdowns that are given, not flown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfr.aircraft import landing, landing_study
from dfr.aircraft.landing import Limits, find_failures, landing_odds, landing_settings
from dfr.aircraft.landing_study import ENVELOPE_STEP_S, Axis, LandingAir, study_envelope, study_landings
from dfr.aircraft.precision import LOST_BY, Camera, PrecisionSettings
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.touchdown import Touchdowns
from dfr.scenario.model import Guidance
from dfr.statistics import wilson

from .test_landing import BOX, M3TD, PAD, QUAD

WINDS, TRIALS = len(landing.ODDS_WINDS_MPS), 4
AIR = {"wind_mps": 5.0, "turbulence_intensity": 0.17, "seed": 3}


def touchdowns(size: int, **changes: float | np.ndarray) -> Touchdowns:
    """So many perfect landings, but for the columns given."""
    columns: dict[str, float | np.ndarray] = {
        "error_m": 0.0, "east_m": 0.0, "north_m": 0.0, "tilt_deg": 0.0, "speed_mps": 0.0, "descent_mps": 0.5,
        "low_error_m": 0.0, "duration_s": 20.0, "landed": True, "disarmed_s": 1.0, "retries": 0, "lost_by": 0,
        "unguided": False,
    } | changes  # fmt: skip
    return Touchdowns(**{name: np.full(size, value) for name, value in columns.items()}, vehicle_steps=7)


def test_a_touchdown_on_a_limit_keeps_it_and_one_beyond_breaks_it():
    limits = Limits(lateral_m=1.0, box_m=1.5, tilt_deg=10.0, sink_mps=1.0, speed_mps=0.4, tip_over_mps=0.8)
    for cause, column, most in [
        ("lateral", "error_m", 1.0), ("box", "error_m", 1.5), ("tilt", "tilt_deg", 10.0),
        ("sink", "descent_mps", 1.0), ("speed", "speed_mps", 0.4), ("tip_over", "speed_mps", 0.8),
    ]:  # fmt: skip
        both = find_failures(touchdowns(2, **{column: np.array([most, most + 1e-6])}), limits)
        assert both[cause].tolist() == [False, True]


def test_a_stiffer_drone_has_stiffer_loops():
    base, drone = FlightSettings(tilt_limit_deg=M3TD.tilt_limit_deg), replace(M3TD, loop_gain=1.5)
    own = landing_settings(drone)
    for name in ("position_p", "velocity_p", "velocity_i", "velocity_d"):
        assert getattr(own, name) == pytest.approx(1.5 * getattr(base, name))
    assert own.tilt_limit_deg == M3TD.tilt_limit_deg
    assert landing_settings(drone, {"LAND_SPEED": 40.0}).position_p == own.position_p


@pytest.fixture
def given_table(monkeypatch):
    """Odds of touchdowns that a test gives, four for each wind, kept nowhere."""
    monkeypatch.setattr(landing, "ODDS_TRIALS", TRIALS)
    monkeypatch.setattr(landing, "_keeper", None)
    landing._odds_rows.cache_clear()

    def give(**columns: np.ndarray) -> None:
        monkeypatch.setattr(landing, "_fly_table", lambda *_: touchdowns(WINDS * TRIALS, **columns))

    yield give
    monkeypatch.undo()
    landing._odds_rows.cache_clear()


def test_odds_are_the_shares_of_the_landings_in_each_wind(given_table):
    """In 0 m/s all dock, in 1 m/s two, in 2 m/s one goes round, in 3 m/s none, in 4 m/s one, which leans."""
    tilt, low, disarmed = np.zeros((WINDS, TRIALS)), np.zeros((WINDS, TRIALS)), np.ones((WINDS, TRIALS))
    tilt[1, :2], low[2, 0], tilt[3], tilt[4, 1:] = 80.0, 50.0, 80.0, 80.0
    disarmed[1, 1:3] = disarmed[4] = np.inf
    given_table(tilt_deg=tilt.ravel(), low_error_m=low.ravel(), disarmed_s=disarmed.ravel())
    odds = [
        landing_odds(QUAD, PAD, Guidance.GNSS, wind_mps=wind, turbulence_intensity=0.17)
        for wind in (0.0, 1.0, 2.0, 3.0, 4.0)
    ]
    assert [(o.docked, o.retry, o.diverted, o.not_disarmed) for o in odds] == [
        (1.0, 0.0, 0.0, 0.0),
        (0.5, 0.0, 0.5, 0.5),
        (0.75, 0.25, 0.0, 0.0),
        (0.0, 0.0, 1.0, 1.0),
        (0.25, 0.0, 0.75, 1.0),
    ]


def test_a_keeper_gives_the_table_and_may_ask_for_it(given_table, monkeypatch):
    given_table()
    asked: list[landing.OddsCase] = []

    def keep(case, fly):
        asked.append(case)
        return 0.5 * fly()

    monkeypatch.setattr(landing, "_keeper", keep)
    odds = landing_odds(QUAD, PAD, Guidance.GNSS, wind_mps=4.0, turbulence_intensity=0.171)
    assert (odds.docked, odds.diverted) == (0.5, 0.5)
    assert [(case.drone, case.dock, case.turbulence_intensity) for case in asked] == [(QUAD, PAD, 0.17)]


def test_the_table_is_the_same_whenever_it_is_flown(monkeypatch):
    monkeypatch.setattr(landing, "ODDS_TRIALS", 5)
    first, again = (landing._fly_table.__wrapped__(QUAD, Guidance.GNSS, 0.17, 0.0) for _ in range(2))
    assert (first.error_m == again.error_m).all()


@pytest.fixture
def given_attempts(monkeypatch):
    """Landings whose attempts a test gives; each flies seven steps."""

    def give(*attempts: Touchdowns) -> None:
        flown = iter(attempts)
        monkeypatch.setattr(landing_study, "fly_landings", lambda *_, **__: next(flown))

    return give


def study(retries: int, trials: int = 3):
    return study_landings(QUAD, PAD, Guidance.GNSS, trials=trials, retries=retries, **AIR)


def test_without_a_director_nobody_goes_round_however_far_off(given_attempts):
    given_attempts(touchdowns(3, low_error_m=50.0))
    alone = study(0)
    assert (alone.docked, alone.diverted, alone.retries, alone.vehicle_steps) == (3, 0, 0.0, 7)


def test_a_director_lets_those_far_off_try_again_and_diverts_who_stays_so(given_attempts):
    first = touchdowns(3, low_error_m=np.array([50.0, 50.0, 0.0]), retries=np.array([0, 0, 2]))
    again = touchdowns(3, low_error_m=np.array([0.0, 50.0, 50.0]))
    given_attempts(first, again)
    directed = study(1)
    assert (directed.docked, directed.diverted, directed.landed) == (2, 1, 3)
    assert directed.retries == pytest.approx((2 + 2) / 3), "two of the director's, two of ArduCopter's"
    assert directed.vehicle_steps == 14


def test_causes_and_quantiles_count_who_came_down(given_attempts):
    given_attempts(
        touchdowns(
            3,
            landed=np.array([True, True, False]),
            tilt_deg=np.array([80.0, 0.0, 0.0]),
            unguided=np.array([True, True, False]),
            disarmed_s=np.array([1.0, np.inf, np.inf]),
        )
    )
    seen = study(0)
    assert {cause: count for cause, count in seen.causes.items() if count} == {
        "tilt": 1,
        "not_landed": 1,
        "target_lost": 1,
    }
    assert (seen.landed, seen.docked, seen.not_disarmed) == (2, 1, 1)
    assert seen.tilt_deg.tolist() == [80.0, 0.0]
    assert seen.as_dict()["landed_not_disarmed"] == 0.5
    assert seen.target is None


def test_a_study_begins_15_m_up_and_steps_50_times_a_second_unless_told_otherwise():
    usual = study_landings(M3TD, BOX, Guidance.GNSS, trials=20, **AIR)
    told = study_landings(M3TD, BOX, Guidance.GNSS, trials=20, start_height_m=15.0, dt_s=0.02, **AIR)
    assert (usual.tilt_deg == told.tilt_deg).all()
    assert (usual.duration_s == told.duration_s).all()


def test_the_longer_step_of_envelopes_changes_little():
    fine, coarse = (
        study_landings(M3TD, BOX, Guidance.GNSS, trials=200, dt_s=dt_s, **AIR)
        for dt_s in (0.01, ENVELOPE_STEP_S)
    )
    for column in ("error_m", "tilt_deg", "descent_mps"):
        finer, coarser = (float(np.median(getattr(each, column))) for each in (fine, coarse))
        assert coarser == pytest.approx(finer, rel=0.15), column


def test_limits_that_name_no_speed_to_tip_over_at_have_none():
    limits = Limits(lateral_m=1.0, box_m=1.5, tilt_deg=10.0)
    found = find_failures(touchdowns(1, speed_mps=100.0), limits)
    assert [cause for cause, bad in found.items() if bad.any()] == ["speed"]


def test_what_a_study_is_asked_reaches_each_of_its_attempts(monkeypatch):
    """2,600 landings in two chunks, each attempt with a seed of its own."""
    asked = []

    def fly(drone, trials, **given):
        asked.append((drone, trials, given))
        return touchdowns(trials.wind_mps.size, low_error_m=50.0)

    monkeypatch.setattr(landing_study, "fly_landings", fly)
    study_landings(
        M3TD, BOX, Guidance.PRECISION, trials=2600, retries=1, start_height_m=12.0, dt_s=0.07, rain_mm_h=10.0,
        nose_off_wind_deg=30.0, params={"PLND_STRICT": 2.0, "LAND_SPEED": 40.0}, **AIR,
    )  # fmt: skip
    assert [trials.wind_mps.size for _, trials, _ in asked] == [2500, 2500, 100, 100]
    assert len({given["seed"] for _, _, given in asked}) == 4
    for drone, trials, given in asked:
        assert (drone, given["dt_s"], trials.start_height_m, trials.rain_mm_h) == (M3TD, 0.07, 12.0, 10.0)
        assert (trials.guidance, set(trials.nose_off_wind_deg)) == (Guidance.PRECISION, {30.0})
        assert (set(trials.wind_mps), set(trials.intensity), trials.vertical_share) == ({5.0}, {0.17}, 0.5)
        assert trials.sensors.marker_m == pytest.approx(2.0 * M3TD.marker_error_m), "10 mm/h double it"
        assert trials.camera == Camera(half_view_deg=M3TD.camera_half_view_deg)
        assert trials.precision == PrecisionSettings.from_params({"PLND_STRICT": 2.0})
        assert given["settings"] == landing_settings(M3TD, {"LAND_SPEED": 40.0})


def test_an_envelope_shares_its_trials_among_its_rows_but_flies_a_hundred_for_each(monkeypatch):
    flown = []

    def study_one(*_, **given):
        flown.append((given["trials"], given["dt_s"]))
        return study_landings(QUAD, PAD, Guidance.GNSS, trials=1, dt_s=0.04, **AIR)

    monkeypatch.setattr(landing_study, "study_landings", study_one)
    asked = {"drone": QUAD, "dock": PAD, "guidance": Guidance.GNSS, "seed": 1, "retries": 0}
    for trials, each in ((1, 100), (1709, 100), (17 * 300 + 16, 300)):
        rows = study_envelope(
            Axis.WIND, LandingAir(wind_mps=0.0, turbulence_intensity=0.1), trials=trials, **asked
        )
        assert [row["wind_mps"] for row in rows] == list(range(17))
        assert {number for number, _ in flown} == {each}
        flown.clear()


def test_a_drizzle_is_between_dry_and_the_first_rain_of_the_table(given_table, monkeypatch):
    given_table()
    shares = {0.0: 1.0, 4.0: 0.6, 16.0: 0.2, 64.0: 0.1}
    rows = {rain: np.full((WINDS, 3), share) for rain, share in shares.items()}
    monkeypatch.setattr(landing, "_odds_rows", lambda *case: rows[case[-1]])

    def docked(rain_mm_h: float, guidance: Guidance = Guidance.PRECISION) -> float:
        return landing_odds(
            QUAD, PAD, guidance, wind_mps=4.0, turbulence_intensity=0.1, rain_mm_h=rain_mm_h
        ).docked

    assert [docked(rain) for rain in (0.0, 0.5, 4.0, 10.0, 16.0, 40.0, 64.0, 500.0)] == pytest.approx(
        [1.0, 0.95, 0.6, 0.4, 0.2, 0.15, 0.1, 0.1]
    )
    assert docked(30.0, Guidance.GNSS) == 1.0


def test_whoever_keeps_odds_is_asked_until_nobody_does(monkeypatch):
    monkeypatch.setattr(landing, "_keeper", None)
    keeper = object()
    landing.keep_odds(keeper)
    assert landing._keeper is keeper
    landing.keep_odds(None)
    assert landing._keeper is None


def test_the_document_of_a_study_has_its_figures_under_these_names(given_attempts):
    tilts, errors = np.array([1.0, 2.0, 4.0, 80.0]), np.array([0.1, 0.1, 0.2, 0.2])
    given_attempts(
        touchdowns(
            4, tilt_deg=tilts, error_m=errors, speed_mps=0.3, descent_mps=0.4, duration_s=30.0, lost_by=1
        )
    )
    document = study_landings(QUAD, PAD, Guidance.PRECISION, trials=4, **AIR).as_dict()
    interval = wilson(0.75, 4)
    assert document["success"] == {"rate": 0.75, "low": interval.low, "high": interval.high}
    assert (document["trials"], document["retries"], document["diverted"]) == (4, 0.0, 0.0)
    assert document["tilt_deg"] == {"median": 3.0, "p95": pytest.approx(np.percentile(tilts, 95.0))}
    assert document["error_m"]["median"] == pytest.approx(0.15)
    for name, value in {"speed_mps": 0.3, "descent_mps": 0.4, "duration_s": 30.0}.items():
        assert document[name] == {"median": value, "p95": pytest.approx(value)}
    assert document["landed_not_disarmed"] == 0.0
    assert document["target"] == {
        "lost": 1.0,
        "lost_by": {name: 4 * (code == 1) for code, name in LOST_BY.items()},
        "retried": {"0": 4},
        "landed_without_it": 0,
        "still_in_the_air": 0,
    }
    assert document["trials_per_s"] == pytest.approx(4 / document["seconds"])
    assert document["vehicle_steps_per_s"] == pytest.approx(7 / document["seconds"])
    assert document["causes"]["tilt"] == 1
