"""`dfr init` writes a scenario that loads clean, or says what it needs; `dfr schema` prints JSON."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dfr.geo import Position, distance_m
from dfr.io.scenario_files import load_scenario, load_world

from .verbs import dfr, dfr_typed

SITE = ("--site", "50.7820,-1.0890", "--name", "beach-day", "--date", "2025-06-21")


def test_flags_give_a_scenario_that_loads_clean_in_covered_airspace(tmp_path: Path) -> None:
    done = dfr("init", *SITE, "--days", "2", "--docks", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    world = load_world(tmp_path / "beach-day.yaml")
    scenario = world.scenario
    assert (scenario.fleet.docks, len(scenario.demand.days)) == (3, 2)
    assert world.airspace.covers(scenario.site.centre)
    assert f"{sum(item.assumed for item in scenario.assumptions)} figures" in done.stdout


def test_every_zone_is_seen_from_a_post(tmp_path: Path) -> None:
    assert dfr("init", *SITE, "--radius-m", "1500", cwd=tmp_path).returncode == 0
    scenario = load_scenario(tmp_path / "beach-day.yaml")
    corners = (*scenario.site.boundary, scenario.site.centre)
    for corner in corners:
        assert any(distance_m(corner, post.position) <= post.range_m for post in scenario.operation.posts)


@pytest.mark.parametrize("day", ["2024-10-05", "2024-04-06"])
def test_both_clock_changes_of_the_other_hemisphere_are_written_right(tmp_path: Path, day: str) -> None:
    flags = ("--site", "-33.87,151.21", "--zone", "Australia/Sydney", "--name", "quay", "--date", day)
    done = dfr("init", *flags, "--days", "3", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == "quay"
    scenario = load_scenario(tmp_path / "quay.yaml")
    assert scenario.airspace == ()
    assert scenario.site.ground_m_amsl is None
    assert len(scenario.weather.hours) == scenario.period.seconds / 3600


def test_where_no_airspace_is_shipped_it_says_so_and_the_check_does_too(tmp_path: Path) -> None:
    flags = ("--site", "59.91,10.75", "--zone", "Europe/Oslo", "--name", "oslo", "--date", "2025-06-14")
    done = dfr("init", *flags, *TOLD, cwd=tmp_path)
    assert "No shipped airspace data covers the site" in done.stdout
    checked = dfr("check", "oslo.yaml", "--now", "2025-06-01T00:00Z", "--json", cwd=tmp_path)
    assert (checked.returncode, unknowns(checked)) == (
        3,
        {"flight-restriction-zone", "jurisdiction", *TO_BE_WRITTEN},
    )
    assert "No airspace file is loaded" in checked.stdout


def test_a_file_that_is_there_is_not_replaced_without_force(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("precious")
    refused = dfr("init", *SITE, "--out", "mine.yaml", cwd=tmp_path)
    assert (refused.returncode, file.read_text()) == (2, "precious")
    assert "--force" in refused.stderr
    assert dfr("init", *SITE, "--out", "mine.yaml", "--force", cwd=tmp_path).returncode == 0
    assert load_scenario(file).name == "beach-day"


def test_a_shipped_scenario_can_be_copied(tmp_path: Path) -> None:
    assert dfr("init", "--like", "winter-storm", cwd=tmp_path).returncode == 0
    assert load_scenario(tmp_path / "winter-storm.yaml").name == "winter-storm"


def test_a_copy_may_have_a_name_of_its_own(tmp_path: Path) -> None:
    assert dfr("init", "--like", "winter-storm", "--name", "gale", cwd=tmp_path).returncode == 0
    assert load_scenario(tmp_path / "gale.yaml").name == "gale"


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    typed = b"50.7820,-1.0890\nasked\n2024-08-24\nOA 12\n4\nn\ny\nSgt Lee\n"
    done = dfr_typed("init", "--json", typed=typed, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["path"] == "asked.yaml"
    assert "Centre of the site" in done.stderr
    checked = dfr("check", "asked.yaml", "--now", AHEAD, "--json", cwd=tmp_path)
    assert (checked.returncode, unknowns(checked)) == (3, {*TO_BE_WRITTEN, "night"}), "answers are no go"


def test_on_a_terminal_a_slip_is_told_and_asked_again(tmp_path: Path) -> None:
    slips = b"Southsea\n95,1\n50.7820,-1.0890\nBeach Day\nbeach-day\n21/06/2025\n2025-06-21\n\n4 m\n4\n"
    typed = slips + b"n\ny\nSgt Lee\n"
    done = dfr_typed("init", "--json", typed=typed, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["path"] == "beach-day.yaml"
    for slip in (
        "'Southsea' is not a position",
        "lat 95.0",
        "'Beach Day' ->",
        "not a date",
        "'4 m' is not a number",
    ):
        assert slip in done.stderr
    site = load_scenario(tmp_path / "beach-day.yaml").site
    assert (site.ground_m_amsl, site.no_crowd_source) == (4.0, "Sgt Lee")


def test_on_a_terminal_nothing_known_is_a_scenario_that_says_what_it_lacks(tmp_path: Path) -> None:
    done = dfr_typed("init", *SITE, typed=b"\n\n\n\n", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    checked = dfr("check", "beach-day.yaml", "--json", cwd=tmp_path)
    assert checked.returncode == 3
    assert {"authorisation", "crowd"} <= unknowns(checked)


BAD = {
    "no site": (),
    "no position": ("--site", "here"),
    "off the globe": ("--site", "95,0"),
    "on the date line": ("--site", "-17.0,179.999", *SITE[2:]),
    "no date": (*SITE[:2], "--date", "tomorrow"),
    "no zone": (*SITE, "--zone", "Europe/Londen"),
    "no name": (*SITE[:2], "--name", "Beach Day"),
    "no drone": (*SITE, "--drone", "kite"),
    "too wide to see": (*SITE, "--radius-m", "5000"),
    "too long": (*SITE, "--days", "400"),
    "more docks than sites": (*SITE, "--docks", "20"),
    "not a number": (*SITE, "--radius-m", "nan"),
    "an empty authorisation": (*SITE, "--authorisation", " "),
    "a copy with a place of its own": ("--like", "winter-storm", "--site", "50.7820,-1.0890"),
    "a copy with a date of its own": ("--like", "winter-storm", "--date", "2025-06-21"),
    "nobody who says that nobody gathers": (*SITE, "--no-crowd"),
    "nobody who has looked": (*SITE, "--posts-confirmed", "--said-by", " "),
    "a copy with its own permission": ("--like", "winter-storm", "--authorisation", "OA 12"),
    "no folder": (*SITE, "--out", "/proc/none/x.yaml"),
}


@pytest.mark.parametrize("flags", BAD.values(), ids=BAD)
def test_what_cannot_be_is_bad_input_and_leaves_no_file(tmp_path: Path, flags: tuple[str, ...]) -> None:
    done = dfr("init", *flags, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "->" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


SAYS = ("--said-by", 'Sgt "Jo" Lee')
TOLD = ("--authorisation", 'OA "12": VLOS', "--no-crowd", "--ground-m-amsl", "4", "--posts-confirmed", *SAYS)


TO_BE_WRITTEN = {"authorisation", "placeholder", "dock-place", "unmanned-aircraft-zone", "obstacle"}
"""What only an edit of the file settles: the document, the places, the water and the air data."""

AHEAD = "2024-08-20T09:00Z"
"""Days before the deployments below."""


def unknowns(done: subprocess.CompletedProcess[str]) -> set[str]:
    found = json.loads(done.stdout)["findings"]
    blocking = [item for item in found if item["severity"] in ("unknown", "violation")]
    return {item["rule"] for item in blocking if item["due"] is None}


@pytest.mark.parametrize("docks", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_an_unedited_scenario_is_no_go_until_its_team_has_spoken(tmp_path: Path, docks: str) -> None:
    """Unedited it asks for the permission, the crowd, the posts and the ground; told them, for the rest."""
    flags = ("--site", "50.7820,-1.0890", "--date", "2024-08-24", "--docks", docks)
    assert dfr("init", *flags, "--name", "bare", cwd=tmp_path).returncode == 0
    bare = dfr("check", "bare.yaml", "--json", cwd=tmp_path)
    assert bare.returncode == 3
    asked = {"night", "crowd", "terrain-known", "visual-line-of-sight", *TO_BE_WRITTEN}
    assert unknowns(bare) == asked
    assert dfr("init", *flags, "--name", "told", *TOLD, cwd=tmp_path).returncode == 0
    told = dfr("check", "told.yaml", "--now", AHEAD, "--json", cwd=tmp_path)
    assert (told.returncode, unknowns(told)) == (3, {*TO_BE_WRITTEN, "night"})


def test_what_is_told_on_the_command_line_keeps_the_name_of_who_says_so(tmp_path: Path) -> None:
    assert dfr("init", *SITE, *TOLD, cwd=tmp_path).returncode == 0
    scenario = load_scenario(tmp_path / "beach-day.yaml")
    assert scenario.site.no_crowd_source == SAYS[1]
    assert {post.confirmed_by for post in scenario.operation.posts} == {SAYS[1]}
    vouched = {item.path: item.source for item in scenario.assumptions}
    assert vouched["site.ground_m_amsl"] == vouched["site.crowds"] == SAYS[1]


def test_a_height_that_nobody_vouches_for_is_only_assumed(tmp_path: Path) -> None:
    assert dfr("init", *SITE, "--ground-m-amsl", "3.5", cwd=tmp_path).returncode == 0
    scenario = load_scenario(tmp_path / "beach-day.yaml")
    assert {item.path for item in scenario.assumptions if item.assumed} >= {"site.ground_m_amsl"}


def test_the_height_of_the_ground_is_taken_from_the_flag(tmp_path: Path) -> None:
    assert dfr("init", *SITE, "--ground-m-amsl", "3.5", cwd=tmp_path).returncode == 0
    scenario = load_scenario(tmp_path / "beach-day.yaml")
    assert scenario.site.ground_m_amsl == 3.5
    assert scenario.site.centre == Position(lat_deg=50.782, lon_deg=-1.089)


def test_the_schema_is_json_that_names_the_sections(tmp_path: Path) -> None:
    printed = dfr("schema", cwd=tmp_path)
    assert "site" in json.loads(printed.stdout)["required"]
    assert dfr("schema", "--out", "schema.json", cwd=tmp_path).returncode == 0
    assert json.loads((tmp_path / "schema.json").read_text()) == json.loads(printed.stdout)
