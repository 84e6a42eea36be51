"""Judging landings: limits, odds, retries and the command line."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from dfr.aircraft import landing_study
from dfr.aircraft.catalogue import find_dock, find_drone
from dfr.aircraft.landing import Limits, find_failures, landing_odds, tip_over_mps
from dfr.aircraft.landing_study import (
    ENVELOPE_STEP_S,
    Axis,
    LandingAir,
    TargetStory,
    study_envelope,
    study_landings,
)
from dfr.aircraft.precision import LOST_BY
from dfr.aircraft.touchdown import Touchdowns
from dfr.scenario.model import Guidance
from dfr.statistics import wilson

from ..cli.verbs import dfr

QUAD, PAD = find_drone("arducopter-sitl-quad"), find_dock("open-pad")
M3TD, BOX = find_drone("dji-m3td"), find_dock("dji-dock-2")


def touchdown(*, error=0.0, tilt=0.0, sink=0.5, speed=0.0, landed=True) -> Touchdowns:
    one = np.ones(1)
    return Touchdowns(
        error_m=error * one,
        east_m=error * one,
        north_m=0.0 * one,
        tilt_deg=tilt * one,
        disarmed_s=1.6 * one,
        retries=np.zeros(1, dtype=int),
        lost_by=np.zeros(1, dtype=int),
        unguided=np.zeros(1, dtype=bool),
        speed_mps=speed * one,
        descent_mps=sink * one,
        low_error_m=error * one,
        duration_s=25.0 * one,
        landed=np.array([landed]),
        vehicle_steps=1,
    )


@pytest.mark.parametrize(
    ("state", "causes"),
    [
        ({}, set()),
        ({"error": 0.64}, set()),
        ({"error": 0.66}, {"lateral"}),
        ({"tilt": 26.0}, {"tilt"}),
        ({"sink": 1.1}, {"sink"}),
        ({"speed": 0.6}, {"speed"}),
        ({"landed": False}, {"not_landed"}),
        ({"error": 0.9, "tilt": 30.0}, {"lateral", "tilt"}),
    ],
)
def test_a_touchdown_fails_by_each_limit_it_breaks(state, causes):
    found = find_failures(touchdown(**state), Limits.for_dock(QUAD, PAD))
    assert {cause for cause, bad in found.items() if bad[0]} == causes


def test_an_open_pad_has_no_edges_to_touch_and_a_box_has():
    assert Limits.for_dock(QUAD, PAD).box_m == math.inf
    assert Limits.for_dock(M3TD, BOX).box_m == pytest.approx(0.5 * (BOX.opening_m - M3TD.footprint_m))


def test_the_limits_of_a_dock_are_those_of_its_pad_its_mechanism_and_the_drone():
    limits = Limits.for_dock(QUAD, PAD)
    assert limits.lateral_m == pytest.approx(0.5 * (PAD.pad_m - QUAD.footprint_m))
    assert (limits.tilt_deg, limits.sink_mps, limits.speed_mps) == (PAD.landing_tilt_deg, 1.0, 0.5)
    assert limits.tip_over_mps == tip_over_mps(QUAD) < math.inf


def test_tipping_over_takes_the_energy_to_lift_the_mass_over_the_foot():
    """Energy before: half m v^2 by angular momentum about the foot; needed: m g (r - h)."""
    speed = tip_over_mps(QUAD)
    height, half = 0.5 * QUAD.height_m, 0.5 * QUAD.landing_gear_m
    radius2 = height**2 + half**2
    gyration2 = (0.25 * QUAD.footprint_m) ** 2
    rate = speed * height / (radius2 + gyration2)
    kinetic = 0.5 * (radius2 + gyration2) * rate**2
    assert kinetic == pytest.approx(9.80665 * (math.sqrt(radius2) - height))


@pytest.mark.parametrize("guidance", list(Guidance))
def test_odds_are_chances_and_fall_with_the_wind(guidance):
    winds = (0.0, 4.0, 7.0, 9.0, 12.0, 30.0)
    odds = [landing_odds(QUAD, PAD, guidance, wind_mps=w, turbulence_intensity=0.17) for w in winds]
    for chance in odds:
        assert chance.docked + chance.retry + chance.diverted == pytest.approx(1.0)
        assert min(chance.docked, chance.retry, chance.diverted, chance.not_disarmed) >= 0.0
    docked = [chance.docked for chance in odds]
    assert docked[0] > 0.99
    assert docked[-1] < 0.05
    assert all(later <= earlier + 0.02 for earlier, later in pairwise(docked))
    assert odds[1].not_disarmed < 0.05
    assert odds[3].not_disarmed > 0.9


def test_gusts_matter_beside_the_mean_wind():
    steady = landing_odds(QUAD, PAD, Guidance.GNSS, wind_mps=8.0, turbulence_intensity=0.05)
    gusty = landing_odds(QUAD, PAD, Guidance.GNSS, wind_mps=8.0, turbulence_intensity=0.30)
    assert steady.docked > gusty.docked + 0.2


def test_precision_guidance_docks_better_in_a_narrow_box():
    gnss, precision = (
        landing_odds(M3TD, BOX, guidance, wind_mps=6.0, turbulence_intensity=0.17) for guidance in Guidance
    )
    assert precision.docked > gnss.docked


def test_a_makers_own_landing_wind_is_kept_with_precision_guidance():
    odds = landing_odds(M3TD, BOX, Guidance.PRECISION, wind_mps=8.0, turbulence_intensity=0.17)
    assert odds.docked > 0.9


def study(**changes):
    asked = {"wind_mps": 7.0, "turbulence_intensity": 0.17, "trials": 400, "seed": 5, "dt_s": 0.04}
    return study_landings(M3TD, BOX, Guidance.GNSS, **{**asked, **changes})


def test_the_same_seed_gives_the_same_landings_and_another_does_not():
    first, again, other = study(), study(), study(seed=6)
    assert (first.error_m == again.error_m).all()
    assert not (first.error_m == other.error_m).all()


def test_each_row_of_an_envelope_is_the_study_of_its_value(monkeypatch):
    """In the rain, nose across the wind, with retries and parameters: all that is asked reaches every row."""
    monkeypatch.setitem(landing_study.AXES, Axis.RAIN, (20.0,))
    monkeypatch.setattr(landing_study, "FEWEST_TRIALS", 1)
    asked = {"seed": 7, "retries": 1, "nose_off_wind_deg": 90.0, "params": {"LAND_SPEED": 30.0}}
    air = LandingAir(wind_mps=8.0, turbulence_intensity=0.25)
    done: list[int] = []
    rows = study_envelope(
        Axis.RAIN,
        air,
        drone=M3TD,
        dock=BOX,
        guidance=Guidance.PRECISION,
        trials=20,
        done=done.append,
        **asked,
    )
    alone = study_landings(
        M3TD, BOX, Guidance.PRECISION, wind_mps=8.0, turbulence_intensity=0.25, rain_mm_h=20.0, trials=20,
        dt_s=ENVELOPE_STEP_S, **asked,
    )  # fmt: skip
    whole = alone.as_dict()
    assert rows == [{"rain_mm_h": 20.0} | {name: whole[name] for name in rows[0] if name != "rain_mm_h"}]
    assert whole["success"]["rate"] == alone.docked / 20
    assert done == [1]


def test_the_story_of_the_target_counts_who_lost_it_to_what_and_came_down_without_it():
    codes = [code for code, _ in sorted(LOST_BY.items(), key=lambda item: item[1])]
    one = touchdown()
    four = replace(
        one,
        landed=np.array([True, True, True, False]),
        lost_by=np.array([codes[0], codes[0], codes[1], 99]),
        retries=np.array([0, 2, 2, 3]),
        unguided=np.array([True, False, False, True]),
    )
    story = TargetStory.from_touchdowns(four)
    names = sorted(LOST_BY.values())
    assert story.lost_by == {names[0]: 2, names[1]: 1} | dict.fromkeys(names[2:], 0)
    assert story.retried == {0: 1, 2: 2, 3: 1}
    assert (story.unguided, story.in_air) == (1, 1), "who still flies has not come down without it"
    assert story.as_dict(4)["lost"] == 0.75


def test_of_landings_that_never_came_down_there_are_no_quantiles():
    none = replace(study(trials=100), error_m=np.array([]), landed=0)
    assert none.as_dict()["error_m"] == {"median": None, "p95": None}
    some = study(trials=100).as_dict()["error_m"]
    assert 0.0 < some["median"] < some["p95"]


def test_going_round_raises_the_share_that_dock():
    alone, directed = study(), study(retries=3)
    assert directed.retries > 0.0
    assert directed.docked > alone.docked


def test_odds_and_study_tell_the_same_story():
    odds = landing_odds(M3TD, BOX, Guidance.GNSS, wind_mps=7.0, turbulence_intensity=0.17)
    interval = wilson(study(trials=1500).docked / 1500, 1500)
    assert interval.low - 0.05 < odds.docked + 0.5 * odds.retry < interval.high + 0.25


run_dfr = partial(dfr, "landing")


def test_the_command_prints_what_it_flew():
    done = run_dfr("--wind-mps", "3", "--trials", "200", "--seed", "1", "--guidance", "precision", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["success"]["low"] <= document["success"]["rate"] <= document["success"]["high"]
    assert 0.0 < document["error_m"]["median"] < document["error_m"]["p95"]
    assert document["trials_per_s"] > 0.0
    assert set(document["causes"]) >= {"lateral", "tilt", "not_landed"}


def test_the_command_tells_what_became_of_the_target_and_flies_with_the_parameters_given():
    wet = ("--rain-mm-h", "60", "--guidance", "precision", "--drone", "dji-m3td", "--dock", "dji-dock-2")
    hover = ("--param", "PLND_STRICT=2", "--param", "PLND_RET_MAX=0", "--trials", "100", "--json")
    document = json.loads(run_dfr(*wet, *hover).stdout)
    assert document["params"] == {"PLND_STRICT": 2.0, "PLND_RET_MAX": 0.0}
    assert document["retries"] == 0.0
    assert document["target"]["retried"] == {"0": 100}
    assert document["target"]["lost_by"]["rain"] > 0
    assert document["target"]["still_in_the_air"] == document["causes"]["not_landed"]
    slow = ("--param", "LAND_SPD_MS=0.3", "--wind-mps", "2", "--trials", "50", "--json")
    document = json.loads(run_dfr(*slow).stdout)
    assert document["descent_mps"]["median"] == pytest.approx(0.3, abs=0.02)
    assert "target" not in document


def test_a_nose_across_the_wind_leans_more_than_one_askew():
    asked = ("--wind-mps", "6", "--trials", "300", "--json")
    askew, across = (
        json.loads(run_dfr(*asked, "--nose-off-wind-deg", nose).stdout)["tilt_deg"]["median"]
        for nose in ("45", "90")
    )
    assert across > askew + 1.0


@pytest.mark.slow
def test_a_stage_upwind_makes_no_landing_easier():
    calm = ("--wind-mps", "9", "--trials", "2000", "--seed", "1", "--guidance", "precision", "--json")
    craft = ("--drone", "dji-m3td", "--dock", "dji-dock-2")
    behind = ("--obstacle-height-m", "12", "--obstacle-distance-m", "40")
    in_the_open, sheltered = (
        json.loads(run_dfr(*calm, *craft, *more).stdout)["success"]["rate"] for more in ((), behind)
    )
    assert sheltered < in_the_open


def test_the_envelope_has_a_row_for_each_wind_and_a_plot(tmp_path):
    plot = tmp_path / "envelope.svg"
    done = run_dfr("--envelope", "--trials", "200", "--plot", str(plot), "--json")
    rows = json.loads(done.stdout)["envelope"]
    assert [row["wind_mps"] for row in rows] == [float(wind) for wind in range(17)]
    assert plot.read_text().count("<svg") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--drone", "kite"),
        ("--dock", "roof"),
        ("--wind-mps", "nan"),
        ("--trials", "0"),
        ("--seed", "-1"),
        ("--param", "PLND_STRICT=3"),
        ("--param", "PLND_STRICTT=1"),
        ("--param", "LAND_SPEED"),
        ("--param", "ANGLE_MAX=nan"),
        ("--nose-off-wind-deg", "91"),
    ],
)
def test_bad_input_ends_with_code_two_and_says_what_to_do(arguments):
    done = run_dfr(*arguments)
    assert done.returncode == 2
    assert " -> " in done.stderr
    assert "Traceback" not in done.stderr


def in_the_rain(rain_mm_h: float, guidance: Guidance = Guidance.PRECISION) -> float:
    odds = landing_odds(M3TD, BOX, guidance, wind_mps=6.0, turbulence_intensity=0.17, rain_mm_h=rain_mm_h)
    assert odds.docked + odds.retry + odds.diverted == pytest.approx(1.0)
    return odds.docked


def test_rain_that_blurs_the_marker_costs_landings_and_no_more_than_the_table_ends_at():
    dry, wet, pouring = in_the_rain(0.0), in_the_rain(16.0), in_the_rain(64.0)
    assert dry > wet > pouring
    assert wet <= in_the_rain(8.0) <= in_the_rain(4.0) <= dry
    assert in_the_rain(10.0) == pytest.approx(0.5 * (in_the_rain(4.0) + wet))
    assert in_the_rain(300.0) == pouring


def test_rain_does_not_move_a_gnss_landing():
    assert in_the_rain(30.0, Guidance.GNSS) == in_the_rain(0.0, Guidance.GNSS)


def test_the_odds_in_rain_are_those_of_landings_flown_in_it():
    flown = study_landings(
        M3TD, BOX, Guidance.PRECISION,
        wind_mps=6.0, turbulence_intensity=0.17, trials=1500, seed=4, retries=1, rain_mm_h=16.0,
    )  # fmt: skip
    odds = landing_odds(
        M3TD, BOX, Guidance.PRECISION, wind_mps=6.0, turbulence_intensity=0.17, rain_mm_h=16.0
    )
    interval = wilson(flown.docked / 1500, 1500)
    assert interval.low - 0.05 < odds.docked * (1.0 + odds.retry) < interval.high + 0.05
