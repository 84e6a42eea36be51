"""`dfr mission-file` as a user runs it: what is against a file, and what another format has no place for."""

from __future__ import annotations

import json

import pytest

from .verbs import dfr

MISSION = (
    "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t50.781\t-1.089\t3\t1\n"
    "1\t0\t3\t22\t0\t0\t0\t0\t50.781\t-1.089\t20\t1\n"
    "2\t0\t3\t16\t0\t0\t0\t0\t50.7815\t-1.089\t20\t1\n"
    "3\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1\n"
)
FENCE = "50.7810 -1.0890\n50.780 -1.091\n50.780 -1.087\n50.783 -1.087\n50.783 -1.091\n50.780 -1.091\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m.txt").write_text(MISSION)
    (tmp_path / "f.fen").write_text(FENCE)
    return tmp_path


def test_a_good_file_is_shown_and_nothing_is_against_it(folder):
    done = dfr("mission-file", "check", "m.txt", cwd=folder)
    assert done.returncode == 0, done.stdout
    assert "NAV_TAKEOFF" in done.stdout
    told = json.loads(dfr("mission-file", "check", "m.txt", "--json", cwd=folder).stdout)
    assert (told["mission_items"], told["compliant"]) == (3, True)


def test_what_arducopter_would_not_fly_has_exit_code_3_and_what_is_no_mission_2(folder):
    (folder / "bad.waypoints").write_text(MISSION.replace("\t22\t", "\t16\t"))
    done = dfr("mission-file", "check", "bad.waypoints", cwd=folder)
    assert done.returncode == 3
    assert "the first navigation item is not NAV_TAKEOFF" in done.stdout
    (folder / "none.waypoints").write_text(MISSION.replace("\t22\t", "\t179\t"))
    refused = dfr("mission-file", "check", "none.waypoints", cwd=folder)
    assert refused.returncode == 2
    assert "DO_SET_HOME is not supported: it moves home" in refused.stderr


def test_a_mission_and_a_fence_are_joined_in_one_plan(folder):
    done = dfr("mission-file", "convert", "m.txt", "all.plan", "--also", "f.fen", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["left_out"] == []
    told = json.loads(dfr("mission-file", "check", "all.plan", "--json", cwd=folder).stdout)
    assert (told["mission_items"], told["fence_items"]) == (3, 4)


def test_a_part_that_has_no_place_is_named(folder):
    dfr("mission-file", "convert", "m.txt", "all.plan", "--also", "f.fen", cwd=folder)
    done = dfr("mission-file", "convert", "all.plan", "again.waypoints", cwd=folder)
    assert done.returncode == 3
    assert "QGC WPL 110 has no place for fence" in done.stderr
    assert (folder / "again.waypoints").read_text().startswith("QGC WPL 110")


def test_a_dji_route_needs_its_drone_and_reads_back(folder):
    refused = dfr("mission-file", "convert", "m.txt", "m.kmz", cwd=folder)
    assert refused.returncode == 2
    assert "--drone" in refused.stderr
    done = dfr("mission-file", "convert", "m.txt", "m.kmz", "--drone", "dji-m3td", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(dfr("mission-file", "check", "m.kmz", "--json", cwd=folder).stdout)
    assert [item["name"] for item in told["items"]] == ["NAV_TAKEOFF", "NAV_WAYPOINT", "NAV_RETURN_TO_LAUNCH"]


def test_another_home_is_taken_from_the_option(folder):
    done = dfr("mission-file", "check", "m.txt", "--home", "50.7811,-1.0890,7", "--json", cwd=folder)
    assert json.loads(done.stdout)["home"]["height_m_amsl"] == 7.0
    assert dfr("mission-file", "check", "m.txt", "--home", "here", cwd=folder).returncode == 2
