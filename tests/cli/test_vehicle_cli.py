"""`dfr vehicle` as a user runs it: what it prints, its exit codes, and that hardware needs a person's yes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from firmware_sitl.start import RunningVehicle, start_vehicle

from ..places import HOME
from .test_upload import ARDUPILOT, QUADROTOR, Stranger
from .verbs import dfr


@pytest.fixture(scope="module")
def standing() -> Iterator[RunningVehicle]:
    """A vehicle that stands."""
    with start_vehicle(engine="builtin", home=HOME, home_m_amsl=3.0, speedup=4.0) as running:
        yield running


def test_status_prints_every_vehicle_and_says_what_is_unknown(standing):
    done = dfr("vehicle", "status", "--vehicle", standing.url, "--json")
    (vehicle,) = json.loads(done.stdout)["vehicles"]
    assert done.returncode == 0
    assert (vehicle["system"], vehicle["armed"], vehicle["in_air"]) == (1, False, False)
    assert vehicle["firmware"].startswith("ArduCopter 4.")
    words = dfr("vehicle", "status", "--vehicle", standing.url).stdout
    assert "system 1 is disarmed" in words
    assert "on the ground" in words


@pytest.mark.parametrize(
    "verb",
    [
        ["recall"],
        pytest.param(["land"], marks=pytest.mark.slow),
        pytest.param(["hold"], marks=pytest.mark.slow),
        pytest.param(["mode", "LOITER"], marks=pytest.mark.slow),
        ["restore", "saved.json"],
    ],
)
def test_an_order_to_hardware_needs_a_yes_and_nothing_is_sent_without(verb, standing, tmp_path):
    saved = dfr("vehicle", "backup", "saved.json", "--vehicle", standing.url, cwd=tmp_path)
    assert saved.returncode == 0, saved.stderr
    stranger = Stranger(QUADROTOR, ARDUPILOT, armed=True)
    done = dfr("vehicle", *verb, "--vehicle", stranger.url, cwd=tmp_path)
    stranger.close()
    assert done.returncode == 5
    assert "not known to be simulated, nothing was sent" in done.stderr
    assert not stranger.heard


def test_a_mode_is_changed_by_name_and_another_word_is_no_mode(standing):
    done = dfr("vehicle", "mode", "alt_hold", "--vehicle", standing.url, "--yes", "--json")
    assert json.loads(done.stdout) == {"system": 1, "mode": "ALT_HOLD"}
    done = dfr("vehicle", "mode", "HOVER", "--vehicle", standing.url, "--yes")
    assert done.returncode == 2
    assert "'HOVER' is no mode of ArduCopter" in done.stderr


def test_a_vehicle_on_the_ground_is_not_recalled(standing):
    done = dfr("vehicle", "recall", "--vehicle", standing.url, "--simulated")
    assert done.returncode == 5
    assert "there is no flight to recall" in done.stderr


def test_preflight_says_no_go_where_another_mission_is_on_board(standing, tmp_path):
    (tmp_path / "m.waypoints").write_text(
        "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t50.781\t-1.089\t3\t1\n"
        "1\t0\t3\t22\t0\t0\t0\t0\t50.781\t-1.089\t20\t1\n2\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1\n"
    )
    done = dfr("vehicle", "preflight", "m.waypoints", "--vehicle", standing.url, "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 3
    assert not told["go"]
    assert any("items sent" in text for text in told["differences"])
    fit = dfr("vehicle", "preflight", "--vehicle", standing.url)
    assert fit.returncode == 0, fit.stdout
    assert "nothing is against a flight" in fit.stdout


def test_logs_of_a_vehicle_that_never_flew_are_none(standing):
    done = dfr("vehicle", "logs", "--vehicle", standing.url, "--json")
    assert json.loads(done.stdout) == {"logs": []}
    assert dfr("vehicle", "logs", "3", "--vehicle", standing.url).returncode == 2


def test_a_backup_restores_to_the_same_vehicle(standing, tmp_path):
    assert dfr("vehicle", "backup", "b.json", "--vehicle", standing.url, cwd=tmp_path).returncode == 0
    done = dfr(
        "vehicle", "restore", "b.json", "--vehicle", standing.url, "--simulated", "--json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verified"]


def test_our_own_system_id_is_the_one_that_is_given(standing):
    done = dfr("vehicle", "preflight", "--vehicle", standing.url, "--source-system", 42)
    assert "SYSID_MYGCS 255.0, this station is 42: not good" in done.stdout
    assert done.returncode == 3
