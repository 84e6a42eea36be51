"""Which figures of a scenario are uncertain, and how they change together."""

import pytest

from dfr.io.scenario_edit import read_plain_data
from dfr.io.scenario_files import find_scenario
from dfr.scenario.uncertain import uncertain_figures


@pytest.fixture(scope="module")
def figures():
    raw = read_plain_data((find_scenario("victorious-2024")).read_text(encoding="utf-8"))
    return {figure.path: figure for figure in uncertain_figures(raw)}


def numbers(found):
    return [number.value for number in found]


def test_a_duration_keeps_its_shape_when_its_median_changes(figures):
    launch = figures["crew.launch"]
    assert [number.loc for number in launch.numbers] == [
        ("crew", "launch", "median_s"),
        ("crew", "launch", "p90_s"),
    ]
    assert numbers(launch.at(70.0)) == pytest.approx([70.0, 110.0])


def test_the_other_shares_make_room_so_that_all_still_sum_to_1(figures):
    shares = [path for path in figures if path.endswith(".share")]
    assert len(shares) == 12
    for path in shares:
        for factor in (0.5, 1.2):
            found = figures[path].at(factor * figures[path].value)
            assert sum(numbers(found)) == pytest.approx(1.0)


def test_days_under_one_source_are_uncertain_together(figures):
    assert numbers(figures["demand.days.totals[all].calls"].at(9.0)) == pytest.approx([9.0, 14.0, 14.0])


def test_figures_that_go_along_stay_within_what_the_schema_allows_there(figures):
    views = figures["candidates.sites[all].sky_view"]
    expected = [min(1.0, view / 0.95) for view in numbers(views.numbers)]
    assert numbers(views.at(1.0)) == pytest.approx(expected)


def test_a_part_of_a_height_above_the_sea_says_nothing(figures):
    assert not figures["site.ground_m_amsl"].has_natural_zero
    assert not figures["weather.qnh_hpa"].has_natural_zero
    assert figures["operation.cruise_height_m_agl"].has_natural_zero


def test_a_figure_with_a_source_of_its_own_is_not_assumed_with_its_block(figures):
    assert not figures["operation.max_wind_mps"].assumed
    assert figures["operation.max_gust_mps"].assumed
    assert figures["operation.cruise_mps"].assumed


def test_what_a_team_decides_is_no_uncertain_figure(figures):
    decided = ("targets", "target_s", "cell_m", "lat_deg", "docks", "remote_pilots", "rank")
    assert not [path for path in figures if any(word in path for word in decided)]
