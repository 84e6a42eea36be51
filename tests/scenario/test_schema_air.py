"""What a scenario says of its air data: coverage, kinds, NOTAMs, obstacles and drawn restrictions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dfr.errors import ScenarioError
from dfr.io.scenario_files import build_world, parse_scenario
from dfr.scenario.air import DataKind
from dfr.scenario.model import Scenario
from dfr.scenario.schema_air import OUTLINES

LONDON = ZoneInfo("Europe/London")
KINDS = "    kinds: [airspace, aerodrome zones, unmanned-aircraft zones]\n"


@pytest.fixture(scope="module")
def text(repository: Path) -> str:
    return (repository / "scenarios" / "victorious-2024.yaml").read_text()


@pytest.fixture(scope="module")
def read(repository: Path):
    def _read(text: str) -> Scenario:
        return parse_scenario(text.encode(), name="s.yaml", folder=repository / "scenarios")

    return _read


def without(text: str, key: str) -> str:
    """A scenario without one of its blocks."""
    lines, kept, inside = text.splitlines(keepends=True), [], False
    for line in lines:
        inside = line.startswith(f"{key}:") or (inside and line.startswith(" "))
        kept += [] if inside else [line]
    return "".join(kept)


def test_a_file_is_said_to_cover_a_ring_and_to_hold_kinds(read, text: str) -> None:
    stated = KINDS + "    covers: [[50, -2], [51, -2], [51, 0], [50, 0]]\n"
    (file,) = read(text.replace(KINDS, stated)).airspace
    assert file.covers is not None
    assert len(file.covers) == 4
    assert file.kinds == {DataKind.AIRSPACE, DataKind.AERODROME_ZONES, DataKind.UNMANNED_ZONES}
    assert file.assumed


def test_a_file_is_said_to_cover_a_published_outline(read, text: str) -> None:
    (file,) = read(text.replace(KINDS, KINDS + "    covers: London FIR\n")).airspace
    assert file.covers == OUTLINES["EGTT"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (KINDS, KINDS + "    covers: Atlantis\n", "'Atlantis' is not a known outline"),
        ("unmanned-aircraft zones]", "drones]", "'drones' is not a kind of data"),
        (
            "unmanned-aircraft zones]",
            "restrictions by NOTAM]",
            "an airspace file does not replace reading the NOTAMs",
        ),
        ("  tallest_m_agl: 35\n", "  tallest_m_agl: -1\n", "obstacles.tallest_m_agl"),
        ("  read_at: 2024-08-23 08:00\n", "  read_at: yesterday\n", "'yesterday' is not a time"),
        ("  activated: []\n", "  files: [nowhere.txt]\n", "no file 'nowhere.txt'"),
        (
            "  read_by: nobody\n  read_at: 2024-08-23 08:00\n  activated: []\n  assumed: true\n",
            "  read_by: TBC\n  read_at: 2024-08-23 08:00\n  activated: []\n",
            "'TBC' names nobody",
        ),
        ("  activated: []\n", "  judged: {L1/26: n/a}\n", "L1/26 is set aside without a reason"),
    ],
)
def test_what_means_nothing_is_refused(read, text: str, old: str, new: str, said: str) -> None:
    assert old in text
    with pytest.raises(ScenarioError, match=said):
        read(text.replace(old, new))


def test_a_reading_and_a_survey_are_read_with_who_vouches_for_them(read, text: str) -> None:
    scenario = read(text)
    assert scenario.notams is not None
    assert scenario.notams.read_at == datetime(2024, 8, 23, 8, tzinfo=LONDON)
    assert scenario.notams.activated == ()
    assert scenario.obstacles is not None
    assert scenario.obstacles.tallest_m_agl == 35.0
    assumed = {item.path for item in scenario.assumptions if item.assumed}
    assert {"notams", "obstacles", "airspace[0]"} <= assumed


def test_nobody_having_read_or_surveyed_is_allowed_and_known(read, text: str) -> None:
    scenario = read(without(without(text, "notams"), "obstacles"))
    assert (scenario.notams, scenario.obstacles) == (None, None)


def test_whoever_read_the_notams_vouches_for_it(read, text: str) -> None:
    named = without(text, "notams") + "\nnotams: {read_by: Sgt Hill, read_at: 2024-08-23 08:00}\n"
    scenario = read(named)
    assert scenario.notams is not None
    assert (scenario.notams.read_by, scenario.notams.assumed) == ("Sgt Hill", False)


def test_a_restriction_is_a_circle_or_an_area(read, text: str) -> None:
    words = "upper_m_amsl: 300, start: 2024-08-23 10:00, end: 2024-08-24 10:00, status: confirmed, source: t"
    area = "area: [[50.7, -1.2], [50.8, -1.2], [50.8, -1.0]]"
    listed = "restrictions: []"

    def made(shape: str) -> Scenario:
        return read(text.replace(listed, f"restrictions: [{{name: A, {shape}, {words}}}]"))

    (restriction,) = made(area).restrictions
    assert restriction.area is not None
    assert len(restriction.area) == 3
    with pytest.raises(ScenarioError, match="has no shape, or more than one"):
        made(f"{area}, radius_m: 100")
    with pytest.raises(ScenarioError, match="has no shape, or more than one"):
        made("centre: [50.7, -1.2]")


def test_what_is_assumed_of_a_file_and_of_notams_counts_in_an_exercise_only(read, text: str) -> None:
    exercise = build_world(read(text))
    assert DataKind.UNMANNED_ZONES in exercise.airspace.sources[0].kinds
    assert exercise.notam_reading is not None
    real = build_world(read(text.replace("exercise: true", "exercise: false")))
    assert real.airspace.sources[0].kinds == {DataKind.AIRSPACE, DataKind.AERODROME_ZONES}
    assert real.notam_reading is None
