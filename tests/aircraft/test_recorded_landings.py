"""Landings flown by the model against landings recorded on ArduCopter SITL."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.landing import landing_settings
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.touchdown import Touchdowns, Trials, fly_landings
from dfr.scenario.model import Guidance

DATA = Path(__file__).resolve().parent.parent / "data" / "arducopter" / "landings.jsonl"
RECORDS = [json.loads(line) for line in DATA.read_text().splitlines()]
BETWEEN = [json.loads(line) for line in DATA.with_name("landings_between.jsonl").read_text().splitlines()]
NOSES = [json.loads(line) for line in DATA.with_name("landings_noses.jsonl").read_text().splitlines()]
QUAD = find_drone("arducopter-sitl-quad")
GNSS, PRECISION = Guidance.GNSS, Guidance.PRECISION
SERIES_STEPS = 12_000
STARTED_BEFORE_S = {GNSS: 24.9, PRECISION: 33.0}
"""How long before contact the modelled descents begin."""

NOSES_DEG = (67.0, 75.0, 90.0)
"""The recorded drones' noses were nearly abeam; how nearly is not on record."""


def recorded(wind: float, guidance: Guidance) -> list[dict]:
    return [r for r in RECORDS if r["W"] == wind and r["plnd"] == (guidance is PRECISION)]


@cache
def modelled(wind: float, guidance: Guidance) -> Touchdowns:
    trials = Trials(wind_mps=np.full(2000, wind), intensity=np.full(2000, 0.17), guidance=guidance)
    return fly_landings(QUAD, trials, settings=FlightSettings(), seed=7)


def close(found: float, expected: float, *, share: float) -> bool:
    return abs(found - expected) <= max(share * expected, 0.05)


@pytest.mark.parametrize("guidance", [GNSS, PRECISION])
@pytest.mark.parametrize("wind", [0.01, 3, 6])
def test_touchdown_errors_have_the_recorded_median_and_spread(wind, guidance):
    errors = [r["err"] for r in recorded(wind, guidance)]
    found = modelled(wind, guidance).error_m
    assert close(np.median(found), np.median(errors), share=0.20)
    assert close(np.percentile(found, 95), np.percentile(errors, 95), share=0.30)


@pytest.mark.parametrize("guidance", [GNSS, PRECISION])
def test_metre_scale_misses_begin_where_they_were_recorded(guidance):
    assert np.percentile(modelled(6, guidance).error_m, 95) < 0.5
    errors = [r["err"] for r in recorded(8, guidance)]
    found, expected = np.percentile(modelled(8, guidance).error_m, 95), np.percentile(errors, 95)
    assert expected / 2.0 < found < expected * 2.0


@pytest.mark.parametrize("guidance", [GNSS, PRECISION])
def test_drones_stay_armed_on_the_pad_at_the_winds_where_they_did(guidance):
    assert not modelled(3, guidance).not_disarmed.any()
    share = {wind: modelled(wind, guidance).not_disarmed.mean() for wind in (6, 8)}
    seen = {wind: np.mean([r["landed_not_disarmed"] for r in recorded(wind, guidance)]) for wind in (6, 8)}
    assert share[6] == pytest.approx(seen[6], abs=0.15)
    assert share[8] == pytest.approx(seen[8], abs=0.10)


@pytest.mark.parametrize("guidance", [GNSS, PRECISION])
@pytest.mark.parametrize("wind", [3, 6, 8])
def test_tilt_and_speeds_at_contact_are_the_recorded_ones(wind, guidance):
    found, rows = modelled(wind, guidance), recorded(wind, guidance)
    assert np.median(found.tilt_deg) == pytest.approx(np.median([r["tilt"] for r in rows]), abs=1.6)
    assert np.median(found.descent_mps) == pytest.approx(np.median([r["vz"] for r in rows]), abs=0.03)
    assert np.median(found.speed_mps) == pytest.approx(np.median([r["vh"] for r in rows]), abs=0.04)


def nose_deg(record: dict) -> float:
    """The nose off the wind: as noted, or 45 degrees and 0.7 more each landing as in those that noted it."""
    return record.get("nose", 45.0 + 0.7 * record["i"])


def sets(records: list[dict]) -> list[tuple]:
    """Wind, intensity and guidance of recorded landings, up to 7.5 m/s."""
    found = {(r["W"], r["Iu"], PRECISION if r["plnd"] else GNSS) for r in records}
    return sorted(one for one in found if one[0] <= 7.5)


@cache
def with_noses(wind: float, intensity: float, guidance: Guidance) -> tuple[list[dict], Touchdowns]:
    """Recorded landings in winds between the others', and the model's with the same noses."""
    asked = (wind, intensity, guidance is PRECISION)
    rows = [r for r in BETWEEN + NOSES if (r["W"], r["Iu"], r["plnd"]) == asked]
    trials = Trials(
        wind_mps=np.full(1200, wind),
        intensity=np.full(1200, intensity),
        guidance=guidance,
        nose_off_wind_deg=np.resize([nose_deg(r) for r in rows], 1200),
    )
    return rows, fly_landings(QUAD, trials, settings=FlightSettings(), seed=7, dt_s=0.04)


@pytest.mark.parametrize(("wind", "intensity", "guidance"), sets(BETWEEN + NOSES))
def test_at_winds_between_and_other_intensities_the_errors_are_the_recorded_ones(wind, intensity, guidance):
    rows, found = with_noses(wind, intensity, guidance)
    errors = [r["err"] for r in rows]
    assert close(np.median(found.error_m), np.median(errors), share=0.20)
    # 14 to 65 landings: their 95 % is one to three of them. Above 7 m/s it grows fast with the wind.
    wide, expected = np.percentile(found.error_m, 95), np.percentile(errors, 95)
    assert abs(wide - expected) < 0.09 if wind <= 7 else expected / 2.0 < wide < expected * 2.0
    seen = np.mean([r["landed_not_disarmed"] for r in rows])
    assert found.not_disarmed.mean() == pytest.approx(seen, abs=0.12)


@pytest.mark.parametrize("guidance", [GNSS, PRECISION])
def test_over_all_of_them_half_the_errors_lie_beyond_the_models_median_and_few_beyond_its_95(guidance):
    ranks, standing, modelled_standing = [], [], []
    for wind, intensity, kind in sets(BETWEEN + NOSES):
        if kind is not guidance or wind < 5:
            continue
        rows, found = with_noses(wind, intensity, kind)
        ranks += [np.mean(found.error_m < r["err"]) for r in rows]
        standing += [r["landed_not_disarmed"] for r in rows]
        modelled_standing += [found.not_disarmed.mean()] * len(rows)
    assert len(ranks) > 250
    assert np.mean(np.array(ranks) > 0.5) == pytest.approx(0.5, abs=0.07)
    assert 0.01 < np.mean(np.array(ranks) > 0.95) < 0.08
    assert np.mean(modelled_standing) == pytest.approx(np.mean(standing), abs=0.06)


def test_at_nine_metres_a_second_misses_are_metres():
    """Its recorded noses stood about 60 degrees off the wind, by their tilt."""
    rows = [r for r in BETWEEN if r["W"] == 9]
    trials = Trials(
        wind_mps=np.full(1500, 9.0),
        intensity=np.full(1500, 0.17),
        guidance=GNSS,
        nose_off_wind_deg=np.full(1500, 60.0),
    )
    found = fly_landings(QUAD, trials, settings=FlightSettings(), seed=7)
    assert np.median(found.tilt_deg) == pytest.approx(np.median([r["tilt"] for r in rows]), abs=1.0)
    expected = np.percentile([r["err"] for r in rows], 95)
    assert expected / 2.0 < np.percentile(found.error_m, 95) < expected * 2.0


def series(record: dict) -> np.ndarray:
    """The recorded gusts, (steps, 2): along and across the wind."""
    wind, sigma = record["W"], record["Iu"] * record["W"]
    noise = np.random.default_rng(record["seed"]).standard_normal((2, SERIES_STEPS))
    phi = np.exp(-max(wind, 1.0) * 0.1 / 67.0)
    gusts = np.empty_like(noise)
    gusts[:, 0] = sigma * noise[:, 0]
    for step in range(1, SERIES_STEPS):
        gusts[:, step] = phi * gusts[:, step - 1] + sigma * np.sqrt(1.0 - phi**2) * noise[:, step]
    return np.stack([gusts[0], 0.8 * gusts[1]], axis=1)


@cache
def replayed(wind: float, guidance: Guidance) -> tuple[np.ndarray, Touchdowns]:
    """Recorded contact tilts, and the model's landings in the very same gusts (one nose after another)."""
    rows = recorded(wind, guidance)
    whole = series(rows[0])
    steps = np.arange(700)
    given, noses = [], []
    for nose in NOSES_DEG:
        for row in rows:
            start = round((row["t"] - STARTED_BEFORE_S[guidance]) * 10.0)
            given.append(whole[(start + steps) % SERIES_STEPS])
            noses.append(nose)
    trials = Trials(
        wind_mps=np.full(len(given), float(wind)),
        intensity=np.full(len(given), 0.17),
        guidance=guidance,
        gusts=np.stack(given, axis=2),
        nose_off_wind_deg=np.array(noses),
    )
    tilts = np.array([r["tilt"] for r in rows] * len(NOSES_DEG))
    return tilts, fly_landings(QUAD, trials, settings=FlightSettings(), seed=3)


@pytest.mark.parametrize("wind", [3, 6])
def test_in_the_same_gusts_each_drone_leans_as_the_recorded_one_did(wind):
    tilts, touchdowns = replayed(wind, GNSS)
    assert np.corrcoef(tilts, touchdowns.tilt_deg)[0, 1] > 0.95


@pytest.mark.parametrize("guidance", [GNSS, PRECISION])
@pytest.mark.parametrize("wind", [3, 6])
def test_in_the_same_gusts_the_errors_are_the_recorded_ones(wind, guidance):
    errors = [r["err"] for r in recorded(wind, guidance)]
    found = replayed(wind, guidance)[1].error_m
    assert close(np.median(found), np.median(errors), share=0.20)
    assert close(np.percentile(found, 95), np.percentile(errors, 95), share=0.30)


DRAWN = [json.loads(line) for line in DATA.with_name("landings_drawn.jsonl").read_text().splitlines()]


def test_landings_drawn_at_random_and_flown_last_rank_evenly_among_the_models():
    """Winds, intensities, guidance, tilt limits and landing speeds that the model had not seen."""
    errors, tilts, standing, modelled_standing = [], [], [], []
    for seed in sorted({r["seed"] for r in DRAWN}):
        rows = [r for r in DRAWN if r["seed"] == seed]
        first = rows[0]
        trials = Trials(
            wind_mps=np.full(500, first["W"]),
            intensity=np.full(500, first["Iu"]),
            guidance=PRECISION if first["plnd"] else GNSS,
            nose_off_wind_deg=np.resize([r["nose"] for r in rows], 500),
        )
        found = fly_landings(
            QUAD, trials, settings=landing_settings(QUAD, first["params"]), seed=3, dt_s=0.05
        )
        errors += [np.mean(found.error_m < r["err"]) for r in rows]
        tilts += [np.mean(found.tilt_deg < r["tilt"]) for r in rows]
        standing += [r["landed_not_disarmed"] for r in rows]
        modelled_standing += [found.not_disarmed.mean()] * len(rows)
        assert np.median(found.descent_mps) == pytest.approx(np.median([r["vz"] for r in rows]), abs=0.04)
    assert len(errors) >= 40
    assert np.mean(errors) == pytest.approx(0.5, abs=0.1)
    assert np.mean(np.array(errors) > 0.95) < 0.12
    assert np.mean(tilts) == pytest.approx(0.5, abs=0.1)
    assert np.mean(modelled_standing) == pytest.approx(np.mean(standing), abs=0.1)
