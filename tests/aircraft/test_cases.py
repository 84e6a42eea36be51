"""`dfr predict`: cases in, predictions out, and every error at once."""

from __future__ import annotations

import json

import pytest

from dfr.aircraft.cases import predict_cases, read_cases
from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.energy import usable_wh
from dfr.errors import InputError

from ..cli.verbs import dfr

PLAIN = {"distance_m": 500, "bearing_deg": 90, "height_m": 60, "hover_s": 10}
FIELDS = {
    "climb_s", "out_s", "hover_s", "back_s", "land_s", "total_s", "energy_wh", "reachable", "limited_by",
    "ground_speed_out_mps", "ground_speed_back_mps", "return_by_s",
}  # fmt: skip


def predicted(*cases: dict) -> list[dict]:
    text = "\n".join(json.dumps(case) for case in cases)
    return predict_cases(read_cases(text.encode(), name="cases.jsonl"))


def complaints(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_cases(text.encode(), name="cases.jsonl")
    return str(caught.value).splitlines()


def test_a_case_gives_every_field_in_order_of_the_file():
    far, near = {**PLAIN, "distance_m": 900}, PLAIN
    results = predicted(far, near)
    assert [set(result) for result in results] == [FIELDS, FIELDS]
    assert results[0]["out_s"] > results[1]["out_s"]
    assert predicted(near, far) == results[::-1]


def test_a_time_that_chance_decides_comes_with_its_band_and_with_what_decides():
    straight = {**PLAIN, "wind_mps": 8, "wind_from_deg": 270}
    back, climbs = predicted(straight, {**PLAIN, "params": {"RTL_ALT": 8000 - 600}})
    assert back["scatter_by"] == ["nose"]
    assert back["back_early_s"] < back["back_s"] < back["back_late_s"]
    assert back["may_not_return"] is False
    assert climbs["scatter_by"] == ["rounding"]
    assert "scatter_by" not in predicted(PLAIN)[0]


def test_a_heading_that_the_camera_holds_on_scene_decides_the_return_near_the_tilt_limit():
    """Where the nose drifts the heading differs from flight to flight; one that is held does not."""
    drifts = {**PLAIN, "wind_mps": 8, "wind_from_deg": 270}
    on_the_wind, beside_it = ({**drifts, "scene_heading_deg": degrees} for degrees in (90.0, 135.0))
    usual, slow, fast = predicted(drifts, on_the_wind, beside_it)
    assert predicted(beside_it, drifts, on_the_wind) == [fast, usual, slow]
    assert usual["scatter_by"] == ["nose"]
    assert "scatter_by" not in slow
    assert fast["back_s"] < 0.8 * slow["back_s"], "the line of the wind meets the most drag"
    assert fast["out_s"] == usual["out_s"]


def test_a_bad_parameter_is_named_beside_what_else_is_wrong_with_its_line():
    found = complaints(json.dumps({**PLAIN, "distance_m": -1, "params": {"WPNAV_SPEED": "fast"}}))
    assert len(found) == 2
    assert "WPNAV_SPEED" in found[1]


def test_a_drone_that_may_not_come_back_has_no_latest_return():
    result = predicted({**PLAIN, "wind_mps": 10, "wind_from_deg": 270})[0]
    assert result["may_not_return"] is True
    assert (result["back_late_s"], result["back_sd_s"], result["return_by_s"]) == (None, None, None)


def test_different_drones_in_one_file_keep_their_lines():
    quick = {**PLAIN, "drone": "dji-m30t", "cruise_mps": 20}
    assert predicted(PLAIN, quick, PLAIN)[0] == predicted(PLAIN)[0]
    assert predicted(PLAIN, quick, PLAIN)[1] == predicted(quick)[0]


def test_the_cruise_of_the_case_goes_before_the_parameters():
    slow = predicted({**PLAIN, "cruise_mps": 5, "params": {"WPNAV_SPEED": 1000}})[0]
    assert slow["ground_speed_out_mps"] == pytest.approx(5.0)
    assert predicted({**PLAIN, "params": {"WP_SPD": 5}})[0] == slow


def test_a_head_wind_past_the_tilt_limit_is_unreachable_and_says_why():
    result = predicted({**PLAIN, "wind_mps": 12, "wind_from_deg": 90})[0]
    assert result["reachable"] is False
    assert result["limited_by"] == "wind"
    assert result["out_s"] is None
    assert result["total_s"] is None


def test_wind_profiles_scale_the_wind_at_flight_height():
    base = {**PLAIN, "height_m": 15, "wind_mps": 8, "wind_from_deg": 90}
    none, sqrt, log = predicted(
        base, {**base, "wind_profile": "sqrt60"}, {**base, "wind_profile": "log", "roughness_m": 0.03}
    )
    half = predicted({**base, "wind_mps": 4})[0]
    assert sqrt["ground_speed_out_mps"] == pytest.approx(half["ground_speed_out_mps"])
    assert log["ground_speed_out_mps"] < none["ground_speed_out_mps"]


def test_every_bad_line_is_named_with_its_number():
    lines = complaints(
        "\n".join(
            [
                '{"distance_m": 1, "bearing_deg": 0}',
                "nonsense",
                "[1]",
                json.dumps({**PLAIN, "height_m": -5, "drone": "kite", "wind_profile": "cubic", "colour": 1}),
                json.dumps({**PLAIN, "params": {"WPNAV_SPEED": "fast"}}),
                json.dumps({**PLAIN, "wind_mps": True}),
            ]
        )
    )
    starts = [line.split(" ")[0] for line in lines]
    assert starts.count("cases.jsonl:4:") == 4
    assert {f"cases.jsonl:{number}:" for number in (1, 2, 3, 5, 6)} <= set(starts)
    assert all(" -> " in line for line in lines)


def test_infinite_and_not_a_number_are_refused():
    assert "distance_m" in complaints('{"distance_m": NaN, "bearing_deg": 0, "height_m": 30}')[0]
    assert "wind_mps" in complaints('{"distance_m":1,"bearing_deg":0,"height_m":30,"wind_mps":Infinity}')[0]


def test_an_empty_file_is_no_case():
    assert complaints("\n \n") == ["cases.jsonl: no case -> write one JSON object a line"]


def test_the_command_prints_one_json_array(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(PLAIN) + "\n" + json.dumps({**PLAIN, "wind_mps": 30}) + "\n")
    done = dfr("predict", str(path), "--json")
    assert done.returncode == 0
    assert [result["reachable"] for result in json.loads(done.stdout)] == [True, False]


def test_the_command_says_which_sorties_ask_more_than_the_battery_holds(tmp_path):
    cases = tmp_path / "cases.jsonl"
    near = {"distance_m": 300, "bearing_deg": 0, "height_m": 40, "id": 1}
    cases.write_text(json.dumps(near) + "\n" + json.dumps({**near, "hover_s": 36_000, "id": 2}) + "\n")
    said = dfr("predict", cases).stdout
    assert ["MORE THAN THE BATTERY HOLDS" in line for line in said.splitlines()] == [False, True]


def test_an_aged_battery_must_turn_home_sooner():
    new, aged = predicted({**PLAIN, "hover_s": 60}, {**PLAIN, "hover_s": 60, "battery_health": 0.8})
    assert aged["energy_wh"] == new["energy_wh"]
    quad = find_drone("arducopter-sitl-quad")
    sooner_wh = (new["return_by_s"] - aged["return_by_s"]) * quad.hover_power_w / 3600.0
    assert sooner_wh == pytest.approx(0.2 * usable_wh(quad, 15.0, reserve_fraction=0.2), rel=0.02)


def test_a_name_with_a_line_separator_is_one_line():
    assert (
        len(read_cases(json.dumps({**PLAIN, "name": "a\u2028b"}, ensure_ascii=False).encode(), name="x")) == 1
    )


def test_the_command_refuses_a_bad_file_with_code_two(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text("{}\n")
    done = dfr("predict", str(path), "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["exit_code"] == 2
    assert f"{path}:1: distance_m: missing" in done.stderr


def test_a_target_overhead_takes_no_way_and_keeps_the_wanted_speed():
    result = predicted({**PLAIN, "distance_m": 0})[0]
    assert result["reachable"] is True
    assert result["ground_speed_out_mps"] == pytest.approx(10.0)
    assert result["out_s"] < 5.0


@pytest.mark.parametrize(
    ("params", "what"),
    [
        ({"WPNAV_SPEED_UP": 0}, "WPNAV_SPEED_UP: 0 is below"),
        ({"LAND_SPD_MS": 0}, "LAND_SPD_MS: 0 is below"),
        ({"WPNAV_ACCEL_Z": 0}, "WPNAV_ACCEL_Z: 0 is below"),
        ({"ANGLE_MAX": 9000}, "ANGLE_MAX: 90 is over 80"),
        ({"ATC_ANGLE_MAX": 0}, "ATC_ANGLE_MAX: 0 is below"),
        ({"WPNAV_SPEED": [1]}, "WPNAV_SPEED: [1] is not a number"),
        ({"WP_YAW_BEHAVIOR": "1"}, "WP_YAW_BEHAVIOR: '1' is not a number"),
    ],
)
def test_parameters_that_nothing_flies_with_are_named(params, what):
    (line,) = complaints(json.dumps({**PLAIN, "params": params}))
    assert line.startswith("cases.jsonl:1: params: " + what)


def test_zeros_that_mean_a_default_are_flown_as_arducopter_flies_them():
    plain = predicted({**PLAIN, "params": {"WPNAV_ACCEL": 250}})[0]
    assert predicted({**PLAIN, "params": {"WPNAV_ACCEL": 0}})[0] == plain
    assert predicted({**PLAIN, "params": {"WPNAV_SPEED": 1}})[0]["ground_speed_out_mps"] == pytest.approx(0.2)
    assert predicted({**PLAIN, "params": {"WPNAV_JERK": 0}})[0]["out_s"] < plain["out_s"]


def test_any_mixture_of_bad_lines_is_answered_line_by_line():
    good = json.dumps(PLAIN)
    found = complaints("\n".join([good, "{", good, '{"distance_m": NaN}', "[]", good]))
    assert {line.split(" ")[0] for line in found} == {"cases.jsonl:2:", "cases.jsonl:4:", "cases.jsonl:5:"}


def test_parameters_that_bear_on_no_time_are_named_in_the_answer():
    result = predicted({**PLAIN, "params": {"WPNAV_SPED": 500, "WPNAV_SPEED": 500}})[0]
    assert result["params_passed_over"] == ["WPNAV_SPED"]
    assert "params_passed_over" not in predicted(PLAIN)[0]


def test_a_field_given_twice_is_refused():
    [line] = complaints('{"distance_m": 5, "bearing_deg": 0, "height_m": 30, "distance_m": 500}')
    assert "cases.jsonl:1" in line
    assert "'distance_m' is given twice" in line


@pytest.mark.parametrize("value", [1e308, 1e9])
def test_a_parameter_larger_than_any_drone_flies_with_is_refused(value):
    [line] = complaints(json.dumps({**PLAIN, "params": {"WPNAV_SPEED": value}}))
    assert "cases.jsonl:1: params: WPNAV_SPEED" in line
