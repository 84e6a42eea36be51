"""The rows of a shift that was killed are those that one process would have written."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dfr.rehearsal.resumed_rows import join_rows

CALL = {
    "call": 0, "call_s": 1.0, "decided_s": 1.0, "dispatched_s": 2.0, "airborne_s": 5.0, "overhead_s": 45.0,
    "video_s": 51.0, "ended_s": 105.0, "on_scene_s": 60.0, "outcome": "attended", "reason": "",
}  # fmt: skip
FLIGHT = {
    "flight": 0, "call": 0, "dispatched_s": 2.0, "airborne_s": 5.0, "climbed_s": 25.0, "overhead_s": 45.0,
    "left_s": 105.0, "on_scene_s": 60.0, "landed_s": 190.0,
}  # fmt: skip
WHOLE = [(2.0, "prepare"), (5.0, "launch"), (25.0, "arrive"), (45.0, "hold"), (105.0, "go_home")]
LANDED = (190.0, "landed")


def did(number, *steps):
    return [
        SimpleNamespace(content={"flight": number, "call": 0, "drone": "east/1", "what": what, "t_s": t_s})
        for t_s, what in steps
    ]


def ended(outcome="attended"):
    return [SimpleNamespace(content={"call": 0, "outcome": outcome})]


def taken_on(at_s):
    return [(at_s, "prepare"), (at_s, "taken_on")]


def written(rows, flights, outcome="attended"):
    joined = join_rows(rows, flights, ended(outcome))
    return [row for table, row in joined if table == "calls"], [
        row for table, row in joined if table == "flights"
    ]


def test_rows_of_one_process_stay_as_they_are():
    rows = [("calls", CALL), ("flights", FLIGHT), ("yields", {"flight": 0})]
    assert sorted(join_rows(rows, did(0, *WHOLE, LANDED), ended()), key=str) == sorted(rows, key=str)


@pytest.mark.parametrize("killed", [3, 4, 5])
def test_a_flight_that_was_taken_on_has_the_times_of_its_whole(killed):
    """Killed on the way out, on scene or on the way home; the second process wrote what it saw."""
    at_s = WHOLE[killed - 1][0] + 2.0
    before, after = did(0, *WHOLE[:killed]), did(1, *taken_on(at_s), *WHOLE[killed:], LANDED)
    late = {
        name: max(at_s, FLIGHT[name]) for name in ("dispatched_s", "airborne_s", "climbed_s", "overhead_s")
    }
    seen = {**FLIGHT, **late, "flight": 1, "left_s": max(at_s, 105.0), "on_scene_s": 0.0}
    _, (row,) = written([("flights", seen)], [*before, *after])
    assert row == {**FLIGHT, "flight": 1}


def test_a_call_that_was_served_from_before_a_kill_until_after_it_has_the_times_of_both():
    late = {
        **CALL,
        "dispatched_s": 50.0,
        "airborne_s": 50.0,
        "overhead_s": 50.0,
        "video_s": 56.0,
        "on_scene_s": 55.0,
    }
    flights = [*did(0, *WHOLE[:4]), *did(1, *taken_on(50.0), (50.0, "hold"), (105.0, "go_home"), LANDED)]
    assert written([("calls", late)], flights)[0] == [CALL]


@pytest.mark.parametrize(
    "again", [{"outcome": "attended"}, {"outcome": "missed", "reason": "recalled_for_traffic"}]
)
def test_a_call_that_had_ended_is_counted_once_and_as_it_ended(again):
    """Its drone was taken on on the way home, as for a call that had not ended."""
    flights = [*did(0, *WHOLE), *did(1, *taken_on(107.0), (107.0, "go_home"), LANDED)]
    late = {**CALL, "dispatched_s": 107.0, "overhead_s": None, "video_s": None, **again}
    assert written([("calls", CALL), ("calls", late)], flights)[0] == [CALL]


def test_a_call_whose_drone_was_overhead_before_a_kill_was_attended_though_it_came_home_meanwhile():
    flights = [*did(0, *WHOLE[:4]), *did(1, *taken_on(107.0), (107.0, "go_home"), LANDED)]
    late = {
        **CALL,
        "overhead_s": None,
        "video_s": None,
        "outcome": "missed",
        "reason": "recalled_for_traffic",
    }
    (row,) = written([("calls", late)], flights)[0]
    assert (row["outcome"], row["reason"], row["overhead_s"]) == ("attended", "", 45.0)


def test_a_call_that_nobody_served_stays_missed():
    missed = {**CALL, "overhead_s": None, "video_s": None, "outcome": "missed", "reason": "horizon"}
    flights = [*did(0, *WHOLE[:3]), *did(1, *taken_on(30.0), (31.0, "go_home"), LANDED)]
    assert written([("calls", missed)], flights, "missed")[0] == [missed]


def test_the_next_flight_of_a_drone_is_another():
    flights = [*did(0, *WHOLE, LANDED), *did(1, (300.0, "prepare"), (305.0, "launch"))]
    second = {**FLIGHT, "flight": 1, "dispatched_s": 300.0, "airborne_s": 305.0}
    assert written([("flights", second)], flights)[1] == [second]
