"""`dfr mission`, `dfr upload` and `dfr fly` as a person or a script calls them."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from dfr.aircraft.catalogue import find_dock, find_drone
from dfr.aircraft.landing import Limits
from dfr.geo import Position
from dfr.io.scenario_files import find_scenario
from dfr.mission.formats import read_plan
from firmware_sitl.start import start_vehicle

from .verbs import dfr

OPEN_PAD_M = round(Limits.for_dock(find_drone("arducopter-sitl-quad"), find_dock("open-pad")).lateral_m, 9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A plan of the festival and one of its dispatches in every format."""
    folder = tmp_path_factory.mktemp("mission")
    assert dfr("plan", "victorious-2024", "--out", folder / "plan.json").returncode in (0, 3)
    return folder


@pytest.fixture(scope="module")
def compiled(folder):
    route = next(r for r in json.loads((folder / "plan.json").read_text())["routes"] if r["reachable"])
    files = [folder / f"dispatch{suffix}" for suffix in (".plan", ".kml", ".geojson")]
    outs = [argument for file in files for argument in ("--out", file)]
    site, zone = route["site_id"], route["zone_id"]
    call = ("mission", "victorious-2024", "--site", site, "--zone", zone, "--plan", folder / "plan.json")
    result = dfr(*call, *outs, "--on-scene", "10", "--even-if-blocked", "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout), files


def test_an_exercise_is_not_written_where_nothing_would_say_that_it_is_one(folder, tmp_path):
    call = ("mission", "victorious-2024", "--zone", "castle-stage", "--plan", folder / "plan.json")
    done = dfr(*call, "--out", "d.plan", "--out", "d.waypoints", cwd=tmp_path)
    assert done.returncode == 2
    assert "d.waypoints: QGC WPL 110 has no place for the word EXERCISE" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_mission_of_no_exercise_is_written_in_every_format_that_says_what_does_not_fit(tmp_path):
    own = tmp_path / "own.yaml"
    text = find_scenario("victorious-2024").read_text()
    own.write_text(text.replace("exercise: true", "exercise: false"))
    call = ("mission", own, "--zone", "castle-stage", "--even-if-blocked", "--json")
    done = dfr(*call, "--out", "d.waypoints", "--out", "d.kml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    left_out = {entry["format"]: entry["left_out"] for entry in json.loads(done.stdout)["files"]}
    assert left_out["QGC WPL 110"] == ["fence", "rally", "params", "verdict"]
    assert left_out["KML"] == ["verdict"]


def test_mission_writes_every_format(compiled):
    document, files = compiled
    assert [entry["path"] for entry in document["files"]] == [str(file) for file in files]
    plans = [read_plan(file.read_bytes(), name=str(file)) for file in files]
    assert {len(plan.items) for plan in plans} == {document["mission_items"]}
    assert document["compliant"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--site", "nowhere", "--zone", "beach"), 2, "no dock at 'nowhere'"),
        (("--site", "{site}", "--zone", "beach", "--lat", "50"), 2, "both --zone and --lat/--lon"),
        (("--site", "{site}", "--lat", "50.78"), 2, "needs both"),
        (
            (
                "--site",
                "{site}",
            ),
            2,
            "no zone and no target is given",
        ),
        (("--site", "{site}", "--lat", "91", "--lon", "0"), 2, "not on the globe"),
        (("--site", "{site}", "--lat", "51", "--lon", "-1"), 4, "outside the keep-in"),
        (("--site", "{site}", "--zone", "beach", "--out", "x.doc"), 2, "suffix"),
        (("--site", "{site}", "--zone", "beach", "--on-scene", "6000", "--out", "x.plan"), 4, "at most"),
    ],
)
def test_mission_refuses_with_a_reason_and_an_exit_code(folder, tmp_path, arguments, code, says):
    plan = json.loads((folder / "plan.json").read_text())
    given = [text.replace("{site}", plan["sites"][0]["id"]) for text in arguments]
    result = dfr("mission", "victorious-2024", *given, "--plan", folder / "plan.json", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (code, "")
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_dispatch_is_uploaded_inspected_and_flown(compiled, tmp_path):
    document, files = compiled
    home = Position(lat_deg=document["home"]["lat_deg"], lon_deg=document["home"]["lon_deg"])
    with start_vehicle(engine="builtin", home=home, home_m_amsl=4.0, speedup=8.0) as running:
        on = ("--vehicle", running.url)
        before = dfr("upload", files[0], *on, "--dry-run", "--json")
        assert before.returncode == 5
        assert json.loads(before.stdout)["differences"]
        sent = dfr("upload", files[0], *on, "--yes", "--json")
        report = json.loads(sent.stdout)
        wanted = {"mission_items": document["mission_items"], "fence_items": document["fence_items"]}
        assert (sent.returncode, report["verified"], report["differences"]) == (0, True, [])
        assert {key: report[key] for key in wanted} == wanted
        assert dfr("upload", files[0], *on, "--dry-run").returncode == 0
        track, tlog = tmp_path / "track.csv", tmp_path / "flight.tlog"
        flown = dfr("fly", files[0], *on, "--simulated", "--json", "--track", track, "--tlog", tlog)
        result = json.loads(flown.stdout)
        assert (flown.returncode, result["docked"], result["taken_over"]) == (0, True, False)
        assert (result["landed"], result["dock_tolerance_m"]) == (True, OPEN_PAD_M)
        assert result["dock_error_by"] == "the vehicle's own estimate"
        assert None not in result["phases"].values()
    assert track.read_text().startswith("t_s,east_m,north_m,height_m\n")
    assert tlog.stat().st_size > 10_000


def test_upload_refuses_what_arducopter_would_change_before_connecting(tmp_path):
    bad = tmp_path / "bad.waypoints"
    bad.write_text(
        "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t50.781\t-1.089\t3\t1\n"
        "1\t0\t3\t22\t0\t0\t0\t0\t50.781\t-1.089\t20\t1\n"
        "2\t0\t3\t16\t3.7\t5\t0\t0\t-1.089\t50.782\t30\t1\n"
    )
    result = dfr("upload", bad, "--vehicle", "tcp:127.0.0.1:1", "--json")
    assert result.returncode == 3
    message = json.loads(result.stdout)["error"]["message"]
    assert "swapped" in message
    assert "param1" in message


def test_upload_to_nobody_is_a_link_failure(compiled):
    _, files = compiled
    result = dfr("upload", files[0], "--vehicle", "carrier-pigeon:1")
    assert result.returncode == 2
    assert "tcp:HOST:PORT" in result.stderr


def test_a_no_go_is_told_and_written_only_on_request(tmp_path):
    call = ("mission", "winter-storm", "--zone", "beach", "--out", tmp_path / "x.plan")
    held = dfr(*call, "--json")
    document = json.loads(held.stdout)
    assert (held.returncode, document["go"], document["files"]) == (3, False, [])
    assert "authorisation" in {finding["rule"] for finding in document["blocking"]}
    assert list(tmp_path.iterdir()) == []
    forced = dfr(*call, "--even-if-blocked")
    assert forced.returncode == 0, forced.stdout + forced.stderr
    assert "EXERCISE: " in forced.stdout
    assert "written in spite of that; `dfr check` shows all findings" in forced.stdout
    assert (tmp_path / "x.plan").exists()


def test_a_mission_over_unknown_ground_is_written_on_no_request(tmp_path):
    call = ("mission", "isle-of-wight-2024", "--zone", "main-stage", "--out", tmp_path / "x.plan")
    forced = dfr(*call, "--even-if-blocked")
    assert forced.returncode == 3
    assert "mission.ground" in forced.stdout
    assert "the mission itself has errors" in forced.stdout
    assert list(tmp_path.iterdir()) == []


@contextmanager
def listener():
    """A place to connect to; its `accept` fails at once where nobody has come."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        yield server, f"tcp:127.0.0.1:{server.getsockname()[1]}"


def test_fly_sends_nothing_to_a_vehicle_before_a_yes(compiled):
    _, files = compiled
    with listener() as (server, url):
        refused = dfr("fly", files[0], "--vehicle", url, "--json")
        assert refused.returncode == 5
        message = json.loads(refused.stdout)["error"]["message"]
        assert "nothing was sent" in message
        assert "--simulated" in message
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.slow
def test_a_tight_dock_is_landed_at_and_not_docked_in(compiled):
    """No landing is within a hundredth of a millimetre; GNSS brings it within the open pad."""
    document, files = compiled
    home = Position(lat_deg=document["home"]["lat_deg"], lon_deg=document["home"]["lon_deg"])
    wind = {"SIM_WIND_SPD": 5.0, "SIM_WIND_DIR": 230.0}
    with start_vehicle(engine="builtin", home=home, home_m_amsl=4.0, speedup=8.0, params=wind) as running:
        on = ("--vehicle", running.url, "--simulated", "--dock-tolerance-m", "0.00001")
        flown = dfr("fly", files[0], *on)
    assert flown.returncode == 5, flown.stderr
    assert "landed, not docked: 0." in flown.stdout
    assert "outside its tolerance of 1e-05 m, by the vehicle's own estimate" in flown.stdout


def readme_calls(repository, port):
    """What the README does with a vehicle: each call, on another port."""
    blocks = re.findall(r"```\n(dfr sitl .*?)```", (repository / "README.md").read_text(), re.DOTALL)
    return [shlex.split(line.replace("5760", str(port)))[1:] for line in blocks[0].splitlines()]


def test_the_readmes_calls_fly_our_own_vehicle_without_anybody_asked(compiled, repository):
    _, files = compiled
    with listener() as (_, url):
        port = url.rsplit(":", 1)[1]
    (sitl, *calls), folder = readme_calls(repository, port), files[0].parent
    process = subprocess.Popen(
        [sys.executable, "-m", "dfr", *sitl, "--speedup", "8", "--json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        while not process.stdout.readline().startswith("}"):
            assert process.poll() is None
        for call in calls:
            done = dfr(*call, cwd=folder)
            assert done.returncode == 0, done.stdout + done.stderr
        assert "docked: 0." in done.stdout
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=900)
