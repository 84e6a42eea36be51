"""A landing target that is lost: ArduCopter's state machine, against its source and its recorded flights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfr.aircraft.catalogue import find_dock, find_drone
from dfr.aircraft.landing_study import study_landings
from dfr.aircraft.precision import (
    BY_VIEW,
    FOUND,
    GO_DOWN,
    GO_ROUND,
    HOVER,
    LOST,
    NEVER,
    OUT_OF_RANGE,
    Camera,
    PrecisionSettings,
    RetryMachine,
    SensorRange,
    TargetDetector,
)
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.touchdown import Trials, fly_landings
from dfr.errors import InputError
from dfr.scenario.model import Guidance

QUAD = find_drone("arducopter-sitl-quad")
FLOWN = [
    json.loads(line)
    for line in (Path(__file__).resolve().parent.parent / "data" / "arducopter" / "retries.jsonl")
    .read_text()
    .splitlines()
]
TURN_S = 0.1


def sight(count: int = 1, **camera) -> TargetDetector:
    """A detector of nobody's: its verdicts are set by the test."""
    rng = np.random.default_rng(1)
    return TargetDetector(Camera(**camera), SensorRange(), count=count, rain_mm_h=0.0, rng=rng)


@dataclass
class Source:
    """AC_PrecLand_StateMachine for one drone, case by case as its source has it."""

    settings: PrecisionSettings
    lost_action: str = "init"
    retry_state: str = "init"
    retries: int = 0
    failsafe_began_s: float | None = None

    def update(self, known, *, now_s, lost_s, own, last) -> int:
        """The status, as what the drone is to do."""
        if known in (FOUND, OUT_OF_RANGE):
            self.lost_action, self.retry_state, self.failsafe_began_s = "init", "init", None
            return GO_DOWN
        status = "failsafe" if known == NEVER else self.lost(lost_s, own, last)
        return self.failsafe(now_s) if status == "failsafe" else status

    def lost(self, lost_s, own, last):
        if self.lost_action == "init":
            self.lost_action = "vertically" if self.settings.strict == 0 else "descend"
            return GO_DOWN
        if self.lost_action == "descend":
            if lost_s >= self.settings.timeout_s:
                self.lost_action, self.retry_state = "retry", "init"
            return GO_DOWN
        return GO_DOWN if self.lost_action == "vertically" else self.retry(own, last)

    def retry(self, own, last):
        most = self.settings.retries_most
        if most == 0 or self.retries > most:
            return "failsafe"
        goal = (last[0], last[1], last[2] + 1.5)
        if self.retry_state == "init":
            self.retries += 1
            self.retry_state = "in progress"
            return GO_ROUND
        if self.retry_state == "in progress":
            if sum((a - b) ** 2 for a, b in zip(goal, own, strict=True)) ** 0.5 < 0.75:
                self.retry_state = "descend"
            return GO_ROUND
        if self.retry_state == "descend":
            if abs(own[2] - last[2]) < 0.75:
                self.retry_state = "complete"
            return GO_ROUND
        return "failsafe"

    def failsafe(self, now_s) -> int:
        if self.failsafe_began_s is None:
            self.failsafe_began_s = now_s
        if self.settings.strict == 2:
            return HOVER
        waits = self.settings.strict == 1 and now_s - self.failsafe_began_s < 7.0
        return HOVER if waits else GO_DOWN


spells = st.lists(
    st.tuples(
        st.sampled_from([FOUND, LOST, LOST, LOST, NEVER, OUT_OF_RANGE]),
        st.integers(1, 90),
        st.sampled_from([3.0, 4.0, 5.6, 6.6]),
    ),
    min_size=1,
    max_size=14,
)


@settings(deadline=None)
@given(
    spells=spells, strict=st.integers(0, 2), most=st.integers(0, 3), timeout=st.sampled_from([0.0, 1.0, 4.0])
)
def test_the_machine_does_what_its_source_does(spells, strict, most, timeout):
    told = PrecisionSettings(strict=strict, retries_most=most, timeout_s=timeout)
    machine, source, seen = RetryMachine(told, count=2), Source(told), sight(count=2)
    seen.seen_from_m = np.array([[0.0, 0.0], [0.0, 0.0], [5.0, 5.0]])
    turn = lost_turns = 0
    for known, turns, height in spells:
        for _ in range(turns):
            turn += 1
            lost_turns = 0 if known == FOUND else lost_turns + 1
            # 2**-4 s a turn, so that no time is rounded
            seen.known, seen.lost_s = np.array([known, FOUND]), np.array([lost_turns / 16.0, 0.0])
            own = np.array([[0.1, 0.0], [0.0, 0.0], [height, 5.0]])
            machine.take_turn(seen, own, 1.0 / 16.0)
            asked = source.update(
                known, now_s=turn / 16.0, lost_s=lost_turns / 16.0, own=own[:, 0], last=(0.0, 0.0, 5.0)
            )
            assert machine.asked[0] == asked
            assert machine.asked[1] == GO_DOWN
    assert machine.retries[0] == source.retries
    assert machine.retries[1] == 0


def watched(monkeypatch, flight: dict) -> tuple[list[tuple[float, str]], list[tuple[float, float]]]:
    """The model's events and heights since the target was hidden as in a recorded flight."""
    events: list[tuple[float, str]] = []
    track: list[tuple[float, float]] = []
    state = {"t": 0.0, "hidden": False, "t0": None, "shown_until": None, "known": FOUND}

    def hidden_by(self, offset_m, height_m, lean):
        if state["t0"] is None and height_m[0] < flight["off_at"]:
            state["t0"], state["hidden"] = state["t"], True
        if state["shown_until"] is not None and state["t"] > state["shown_until"]:
            state["hidden"], state["shown_until"] = True, None
            events.append((state["t"] - state["t0"], "hidden"))
        return np.array([BY_VIEW if state["hidden"] else 0])

    turn = RetryMachine.take_turn

    def take_turn(self, sight, own_m, dt_s):
        was = int(self.asked[0])
        turn(self, sight, own_m, dt_s)
        state["t"] += dt_s
        if state["t0"] is None:
            return
        since = state["t"] - state["t0"]
        track.append((since, float(own_m[2, 0])))
        told(sight, self, was, since)

    def told(sight, machine, was, since):
        known, asked = int(sight.known[0]), int(machine.asked[0])
        if state["known"] == FOUND and known != FOUND:
            events.append((since, "lost"))
        if state["known"] != FOUND and known == FOUND:
            events.append((since, "acquired"))
            if flight["shown_s"]:
                state["shown_until"] = state["t"] + flight["shown_s"]
        if was != GO_ROUND and asked == GO_ROUND and machine.retries[0] <= machine.settings.retries_most:
            events.append((since, "retrying"))
            if flight["shown_s"]:
                state["hidden"] = False
        if machine.failed_s[0] == 0.0:
            events.append((since, "failsafe"))
        state["known"] = known

    monkeypatch.setattr(TargetDetector, "_hidden_by", hidden_by)
    monkeypatch.setattr(RetryMachine, "take_turn", take_turn)
    trials = Trials(
        wind_mps=np.zeros(1), intensity=np.zeros(1), guidance=Guidance.PRECISION,
        precision=PrecisionSettings.from_params(flight["params"]),
    )  # fmt: skip
    touchdowns = fly_landings(QUAD, trials, settings=FlightSettings(), seed=1, longest_s=100.0)
    if touchdowns.landed[0]:
        events.append((touchdowns.duration_s[0] - state["t0"], "contact"))
    return events, track


@pytest.mark.parametrize("flight", FLOWN, ids=lambda flight: flight["name"])
def test_a_hidden_target_is_answered_when_and_as_a_real_arducopter_did(monkeypatch, flight):
    found, _ = watched(monkeypatch, flight)
    flown = [(t, what) for t, what in flight["events"] if what != "completed"]
    assert [what for _, what in found[: len(flown)]] == [what for _, what in flown]
    for (seconds, what), (expected, _) in zip(found, flown, strict=False):
        assert seconds == pytest.approx(expected, abs=1.2), what


# The heights of a target shown again follow from its times, which the test above compares.
@pytest.mark.parametrize("flight", FLOWN[:-1], ids=lambda flight: flight["name"])
def test_without_its_target_the_drone_flies_at_the_recorded_heights(monkeypatch, flight):
    _, track = watched(monkeypatch, flight)
    seconds, heights = np.array(track).T
    for t, height in flight["track"]:
        if t < seconds[-1]:
            assert np.interp(t, seconds, heights) == pytest.approx(height, abs=0.8), t


def test_a_target_out_of_the_view_for_lean_is_not_seen():
    narrow = sight(count=3, half_view_deg=40.0)
    lean = np.tan(np.radians([[0.0, 30.0, 30.0], [0.0, 0.0, 0.0]]))
    # Straight below; seen at 30 degrees; 30 degrees of lean and 20 off on the far side.
    offset = np.array([[0.0, 0.0, np.tan(np.radians(20.0)) * 5.0], [0.0, 0.0, 0.0]])
    seen = narrow._hidden_by(offset, np.full(3, 5.0), lean) == 0
    assert seen.tolist() == [True, True, False]
    nearer = narrow._hidden_by(-offset, np.full(3, 5.0), lean) == 0
    assert nearer.tolist() == [True, True, True]


def study(**changes):
    asked = {"wind_mps": 5.0, "turbulence_intensity": 0.17, "trials": 300, "seed": 5, "dt_s": 0.04}
    craft, pad = find_drone("dji-m3td"), find_dock("dji-dock-2")
    return study_landings(craft, pad, Guidance.PRECISION, **{**asked, **changes})


def test_rain_on_the_lens_loses_targets_and_costs_retries():
    dry, wet = study(), study(rain_mm_h=30.0)
    assert dry.target.lost_by["rain"] == 0
    assert wet.target.lost_by["rain"] > 100
    assert wet.retries > 10 * max(dry.retries, 0.001)
    assert np.median(wet.duration_s) > np.median(dry.duration_s)
    assert sum(wet.target.retried.values()) == 300


def test_strictness_decides_between_landing_somewhere_and_not_landing():
    by = {
        strict: study(rain_mm_h=60.0, params={"PLND_STRICT": strict, "PLND_RET_MAX": 1})
        for strict in (0, 1, 2)
    }
    assert by[0].target.retried == {0: 300}
    assert by[0].causes["not_landed"] == by[1].causes["not_landed"] == 0
    assert np.median(by[0].duration_s) < np.median(by[1].duration_s)
    assert max(by[1].target.retried) == 1


def test_gusts_that_push_the_drone_out_of_reach_of_its_target_make_it_go_round():
    blown = study_landings(
        QUAD, find_dock("open-pad"), Guidance.PRECISION,
        wind_mps=9.5, turbulence_intensity=0.17, trials=300, seed=5, dt_s=0.04,
    )  # fmt: skip
    assert blown.target.lost_by["reach"] > 20
    assert blown.retries > 0.02


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLND_STRICT", 3),
        ("PLND_STRICT", 0.5),
        ("PLND_RET_MAX", -1),
        ("PLND_TIMEOUT", float("nan")),
        ("PLND_XY_DIST_MAX", float("inf")),
        ("PLND_ALT_MAX", "8"),
    ],
)
def test_a_parameter_arducopter_does_not_take_is_named(name, value):
    with pytest.raises(InputError, match=name):
        PrecisionSettings.from_params({name: value})
