"""`dfr landing`: the document it prints, what it says to people, and what it refuses."""

from __future__ import annotations

import json
from functools import partial

import pytest

from .verbs import dfr

landing = partial(dfr, "landing")


def test_the_document_holds_what_a_caller_is_promised():
    asked = ("--drone", "arducopter-sitl-quad", "--dock", "open-pad", "--wind-mps", "8")
    done = landing(*asked, "--turbulence-intensity", "0.17", "--trials", "100", "--seed", "1", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for name in ("error_m", "tilt_deg", "speed_mps"):
        assert 0.0 <= found[name]["median"] <= found[name]["p95"]
    assert found["success"]["low"] <= found["success"]["rate"] <= found["success"]["high"]
    assert {"retries", "causes", "seconds", "trials_per_s"} <= set(found)
    assert any("(assumed)" in line for line in found["assumptions"])


def test_it_is_said_that_the_nose_is_assumed_and_what_that_decides_near_the_tilt_limit():
    asked = ("--wind-mps", "9", "--trials", "100", "--json")
    found, given = (json.loads(landing(*asked, *more).stdout) for more in ((), ("--nose-off-wind-deg", "45")))
    assert any("angle to the wind" in line and "(assumed)" in line for line in found["assumptions"])
    assert found["nose_aslant"]["p95_error_m"] > 0.0
    assert found["nose_on_wind"] != found["nose_aslant"]
    assert "nose_aslant" not in given
    assert any("45 degrees off the line of the wind (given)" in line for line in given["assumptions"])


def test_people_get_rounded_figures_and_each_assumption_on_a_line_of_its_own():
    done = landing("--trials", "50", "--obstacle-height-m", "12")
    assert done.returncode == 0, done.stderr
    assert "{" not in done.stdout
    assert "[" not in done.stdout
    lines = done.stdout.splitlines()
    assert any(line.startswith("assumptions: behind an obstacle") for line in lines)
    error = next(line for line in lines if line.startswith("error_m: "))
    assert len(error) < 40


def test_an_input_time_of_zero_lands_as_the_vehicle_takes_it():
    asked = ("--trials", "20", "--json", "--param")
    at_zero, at_least = (
        json.loads(landing(*asked, f"ATC_INPUT_TC={value}").stdout) for value in ("0", "0.01")
    )
    assert at_zero["error_m"] == at_least["error_m"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--plot", "x.svg"), "--plot needs --envelope"),
        (("--param", "LAND_SPEED=50", "--param", "LAND_SPEED=60"), "--param LAND_SPEED: is given twice"),
        (("--obstacle-distance-m", "30"), "--obstacle-distance-m without an obstacle"),
        (("--wind-mps", "nan"), "--wind-mps: nan is out of range"),
    ],
)
def test_what_would_be_passed_over_in_silence_is_refused(arguments, said):
    done = landing("--trials", "10", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
