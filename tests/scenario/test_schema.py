"""What a scenario file may say, and what its reader says back when it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dfr.errors import ScenarioError
from dfr.io.scenario_files import parse_scenario
from dfr.scenario.model import DurationShape, Scenario, Study
from dfr.scenario.schema import json_schema
from dfr.scenario.schema_parts import Strict

Read = Callable[[str], Scenario]
Problems = Callable[..., list[str]]


@pytest.fixture(scope="module")
def text(repository: Path) -> str:
    """The shipped Victorious scenario, to be broken in one way or several."""
    return (repository / "scenarios" / "victorious-2024.yaml").read_text()


@pytest.fixture(scope="module")
def read(repository: Path) -> Read:
    def _read(text: str) -> Scenario:
        return parse_scenario(text.encode(), name="s.yaml", folder=repository / "scenarios")

    return _read


@pytest.fixture
def problems(read: Read, text: str) -> Problems:
    """The problems of the scenario after some replacements, as lines."""

    def _problems(*changes: tuple[str, str]) -> list[str]:
        broken = text
        for old, new in changes:
            assert old in broken, old
            broken = broken.replace(old, new, 1)
        with pytest.raises(ScenarioError) as caught:
            read(broken)
        return [str(problem) for problem in caught.value.problems]

    return _problems


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def test_a_part_of_the_file_leaves_no_field_of_the_domain_to_its_default() -> None:
    class StudyWithoutSeed(Strict):
        replications: int
        time_error_s: float
        becomes: ClassVar[Any] = Study

    part = StudyWithoutSeed(replications=3, time_error_s=0.0)
    assert part.to_domain(seed=7) == Study(seed=7, replications=3, time_error_s=0.0)
    with pytest.raises(AttributeError, match="seed"):
        part.to_domain()


def test_the_scenario_reads_into_the_domain(read: Read, text: str) -> None:
    scenario = read(text)
    assert scenario.name == "victorious-2024"
    assert scenario.period.seconds == 61 * 3600
    assert scenario.period.start == datetime.fromisoformat("2024-08-23T09:00:00+00:00")
    assert len(scenario.weather.hours) == 61
    assert scenario.operation.max_wind_mps == 12.0
    assert sum(zone.share for zone in scenario.demand.zones) == pytest.approx(1.0)


def test_a_problem_names_file_line_path_what_and_what_to_do(problems: Problems, text: str) -> None:
    line = line_of(text, "cruise_mps: 12")
    assert problems(("cruise_mps: 12", "cruise_mps: fast")) == [
        f"s.yaml:{line}: operation.cruise_mps: 'fast' is not a number -> write a number"
    ]


def test_every_problem_is_reported_at_once_in_the_order_of_the_file(problems: Problems) -> None:
    found = problems(
        ("name: victorious-2024", "name: Victorious 2024"),
        ("share: 0.22", "share: 0.32"),
        ("docks: 2", "docks: 20"),
        ("surface: beach", "surface: mud"),
        ("lat_deg: 50.7805", "lat_deg: 150.7805"),
        ("[2024-08-23 11:00, 7.3", "[2024-08-23 11:00, -7.3"),
        ("lost_link: rtl", "lost_link: rtl\n  lost_lnk: rtl"),
    )
    paths = [problem.split(" ")[1].rstrip(":") for problem in found]
    assert paths == [
        "name",
        "site.surface",
        "candidates.sites[0].lat_deg",
        "demand.zones.areas",
        "weather.rows[1][1]",
        "contingency.lost_lnk",
    ]
    lines = [int(problem.split(":")[1]) for problem in found]
    assert lines == sorted(lines)


def test_an_unknown_field_is_met_with_the_nearest_known_one(problems: Problems) -> None:
    (problem,) = problems(("  cruise_mps: 12\n", "  cruise_mps: 12\n  cruise_hight_m_agl: 60\n"))
    assert "operation.cruise_hight_m_agl: no such field -> did you mean `cruise_height_m_agl`?" in problem


def test_a_missing_field_is_reported_where_it_should_stand(problems: Problems, text: str) -> None:
    (problem,) = problems(("  cruise_mps: 12\n", ""))
    assert problem.startswith(f"s.yaml:{line_of(text, 'operation:')}: operation.cruise_mps: missing -> add")


def test_an_uncertain_figure_without_a_source_is_refused(problems: Problems) -> None:
    (problem,) = problems(
        (
            "{value: 4, assumed: true, note: the Common is flat and just above the sea wall}",
            "4",
        )
    )
    assert "4 has no source -> write {value: 4, source:" in problem


def test_an_assumption_needs_a_word_why(problems: Problems) -> None:
    found = problems(
        (
            "{value: 4, assumed: true, note: the Common is flat and just above the sea wall}",
            "{value: 4, assumed: true}",
        ),
        (
            "{value: 46, assumed: true, note: about 46 m around here; OSGM15 gives it to the centimetre}",
            "{value: 46}",
        ),
    )
    assert [problem.split(": ", 1)[1].split(" -> ")[0] for problem in found] == [
        "site.ground_m_amsl: is assumed without a reason",
        "site.geoid_separation_m: has no source",
    ]


def test_every_vouched_figure_is_on_record_with_its_path(read: Read, text: str) -> None:
    record = {item.path: item for item in read(text).assumptions}
    assert record["site.ground_m_amsl"].assumed
    assert record["site.ground_m_amsl"].value == "4"
    assert not record["operation.max_wind_mps"].assumed
    assert record["operation.max_wind_mps"].source.startswith("DJI Matrice 3D/3TD")
    assert record["crew.launch"].value == "lognormal, median 35 s, p90 55 s"
    assert "weather" in record
    assert "operation.posts[castle].range_m" in record
    assert all(item.source for item in record.values())


def test_shares_that_do_not_sum_to_one_say_what_they_sum_to(problems: Problems) -> None:
    (problem,) = problems(("share: 0.22", "share: 0.32"))
    assert "demand.zones.areas: the shares sum to 1.1 -> make them sum to 1" in problem


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lower_m_amsl: 30", "lower_m_amsl: 300", "upper 300 m is not above lower 300 m"),
        ("docks: 2", "docks: 9", "9 docks for 8 usable sites"),
        ("id: dday-story", "id: skate-park", "id 'skate-park' is taken by item 1"),
        ("rank: 1\n", "rank: 0\n", "rank 0 is taken by item 1"),
        ("p90_s: 55", "p90_s: 25", "p90_s 25 is below median_s 35"),
        ("end: 2024-08-23 23:00, remote", "end: 2024-08-26 23:00, remote", "is outside the period"),
        ("end: 2024-08-25 23:00}", "end: 2024-08-22 23:00}", "is not after start"),
        ("{date: 2024-08-24, calls", "{date: 2024-09-24, calls", "2024-09-24 is not in the period"),
        ("    - [2024-08-24 12:00, ", "    - [2024-08-24 11:30, ", "no row for 2024-08-24 12:00"),
        ("[2024-08-24 12:00, ", "[2024-08-24 11:00, ", "2024-08-24 11:00 is in row 26 already"),
        ("190, 16.3, 3.8", "190, 6.3, 3.8", "gust 6.3 m/s is below the mean wind 11"),
        ("[50.7858, -1.1015]", "[-1.1015, 50.7858]", "km from the centre of the site"),
        ("[[50.7858, -1.1015], [50.7855, -1.0990], ", "[[50.7843, -1.0990], [50.7855, -1.0990], ", "cross"),
        ("[[50.7858, -1.1015], [50.7855, -1.0990], ", "[", "2 different corners enclose nothing"),
        ("kind: VLOS", "kind: VLS", "'VLS' is not one of the choices"),
        ("study: {seed: 20240823, replications: 200}", "study: 7", "write seed, replications under it"),
        ("zone: Europe/London", "zone: Europe/Londen", "'Europe/Londen' is not a time zone"),
        ("docks: 2", "docks: yes", "'yes' is not a whole number"),
        ("docks: 2", "docks: true", "true is not a whole number"),
        ("docks: 2", "docks: 2.5", "2.5 is not a whole number"),
        ("cruise_mps: 12", "cruise_mps: .nan", "nan is not a finite number"),
        ("cruise_mps: 12", "cruise_mps: 1e999", "inf is not a finite number"),
        ("cruise_mps: 12", "cruise_mps: 12:30", "'12:30' is not a number"),
        ("cruise_mps: 12", "cruise_mps: 012", "'012' is not a number"),
        ("drone: dji-m3td", "drone: dji-m3dt", "did you mean dji-m3td?"),
        ("dock: dji-dock-2", "dock: kennel", "no dock 'kennel' in the catalogue"),
        ("../airspace/solent-2024-08.txt", "../airspace/solent.txt", "no file '../airspace/solent.txt'"),
    ],
)
def test_what_does_not_fit_together_is_said(problems: Problems, old: str, new: str, said: str) -> None:
    assert any(said in problem for problem in problems((old, new)))


def test_a_number_may_be_written_with_an_exponent(read: Read, text: str) -> None:
    assert read(text.replace("cruise_mps: 12", "cruise_mps: 1.2e1")).operation.cruise_mps == 12.0


def test_one_broken_part_does_not_hide_what_is_wrong_elsewhere(problems: Problems) -> None:
    found = problems(
        ("rank: 0", "rank: first"), ("share: 0.22", "share: 0.32"), ("lower_m_amsl: 30", "lower_m_amsl: 300")
    )
    assert len(found) == 3


CLOCK_CHANGES = {
    "spring": ("2024-03-31 01:30", "does not exist in Europe/London"),
    "autumn": ("2024-10-27 01:30", "happens twice in Europe/London"),
    "wrong offset": ("2024-08-23 10:00Z", "is not Europe/London time, which is +01:00 then"),
    "no time": ("2024-08-23", "is not a time"),
    "no such day": ("2024-02-30 10:00", "is not a time"),
}


@pytest.mark.parametrize(("written", "said"), CLOCK_CHANGES.values(), ids=CLOCK_CHANGES)
def test_times_that_are_none_are_reported_not_guessed(problems: Problems, written: str, said: str) -> None:
    found = problems(("period: {start: 2024-08-23 10:00", f"period: {{start: {written}"))
    assert any("period.start" in problem and said in problem for problem in found)


def test_an_offset_settles_the_repeated_hour(problems: Problems) -> None:
    found = problems(("period: {start: 2024-08-23 10:00", "period: {start: 2024-10-27 01:30+00:00"))
    assert not any("period.start:" in problem for problem in found)


def test_a_crowd_at_several_times_becomes_several_crowds(read: Read, text: str) -> None:
    crowds = read(text).site.crowds
    assert [crowd.id for crowd in crowds[:3]] == [f"common-stage-front/{n}" for n in (1, 2, 3)]
    assert len({crowd.area for crowd in crowds}) == 2


def test_an_exponential_needs_only_its_median(read: Read, text: str) -> None:
    stay = read(text).traffic[1].stay
    assert stay.shape is DurationShape.EXPONENTIAL
    # 1 - 2^(-t/median) = 0.9
    assert 1 - 2 ** (-stay.p90_s / stay.median_s) == pytest.approx(0.9)


def test_weather_may_be_written_as_hours_or_as_a_table(read: Read, text: str, problems: Problems) -> None:
    start, end = text.index("  columns: ["), text.index("\nairspace:")
    hours = "  hours:\n" + "".join(
        f"    - {{start: '{hour.start:%Y-%m-%d %H:%M}', wind_mps: {hour.wind_mps}, "
        f"wind_from_deg: {hour.wind_from_deg}, gust_mps: {hour.gust_mps or 'null'}, "
        f"rain_mm_h: {hour.rain_mm_h}, visibility_m: {hour.visibility_m}, "
        f"temperature_c: {hour.temperature_c}}}\n"
        for hour in read(text).weather.hours
    )
    assert read(text[:start] + hours + text[end:]).weather == read(text).weather
    both = problems(("  columns: [start, ", "  hours: []\n  columns: [start, "))
    assert any("needs either hours, or columns and rows" in problem for problem in both)


def test_a_table_with_a_wrong_column_or_a_short_row_is_refused(problems: Problems) -> None:
    assert any("did you mean `gust_mps`?" in p for p in problems((", gust_mps, rain", ", gusts_mps, rain")))
    (problem,) = problems(("[2024-08-23 11:00, 7.3, ", "[2024-08-23 11:00, "))
    assert "weather.rows[1]: a list of 6 where 7 columns are -> give one value per column" in problem


def test_a_gust_that_was_not_reported_stays_unknown(read: Read, text: str) -> None:
    hours = read(text).weather.hours
    assert hours[0].gust_mps is None
    assert hours[26].gust_mps == 16.3


def test_the_json_schema_knows_every_section_and_forbids_others() -> None:
    schema = json_schema()
    assert isinstance(schema["properties"], dict)
    assert {"site", "weather", "demand", "crew"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False


OBSTACLE = """      obstacles:
        - {name: main stage, height_m: 14, width_m: 40, distance_m: 55, bearing_deg: 210, source: site plan}
"""


def test_what_stands_near_a_dock_is_read_with_who_says_so(read: Read, text: str) -> None:
    line = "      sky_view: 0.95\n"
    scenario = read(text.replace(line, line + OBSTACLE))
    (stage,) = scenario.candidates[0].obstacles
    assert (stage.name, stage.height_m, stage.width_m) == ("main stage", 14.0, 40.0)
    assert (stage.distance_m, stage.bearing_deg) == (55.0, 210.0)
    (told,) = [a for a in scenario.assumptions if ".obstacles" in a.path]
    assert (told.assumed, told.source) == (False, "site plan")
    assert all(site.obstacles == () for site in read(text).candidates)


def test_an_obstacle_that_nobody_vouches_for_is_refused(problems: Problems) -> None:
    line = "      sky_view: 0.95\n"
    unsourced = OBSTACLE.replace(", source: site plan", "")
    assert any(
        "obstacles" in one and "is not marked as assumed" in one for one in problems((line, line + unsourced))
    )


def test_single_figures_of_a_block_may_have_a_source_of_their_own(read: Read, text: str) -> None:
    """The block says who vouches for the rest, and shows which figures that is."""
    changed = text.replace(
        '    kind: "NPCC,',
        "    cruise_mps: operations manual 3.2\n"
        '    height_limit_m_agl: assumed, as elsewhere\n    kind: "NPCC,',
    )
    record = {item.path: item for item in read(changed).assumptions}
    cruise, limit = record["operation.cruise_mps"], record["operation.height_limit_m_agl"]
    assert (cruise.value, cruise.assumed, cruise.source) == ("12", False, "operations manual 3.2")
    assert (limit.value, limit.assumed) == ("120", True)
    assert record["operation.kind"].value == "VLOS"
    assert record["operation"].assumed
    assert record["operation"].value == "block: cruise_height_m_agl 60"
    assert record["contingency"].value.startswith("block: lost_link ")


@pytest.mark.parametrize("name", ["cruise", "max_wind_mps", "note"])
def test_a_source_for_what_is_no_figure_of_its_block_is_refused(problems: Problems, name: str) -> None:
    (problem,) = problems(('    kind: "NPCC,', f'    {name}: somebody\n    kind: "NPCC,'))
    assert f"sources names '{name}', no figure given here -> one of kind, basis, cruise_mps" in problem
