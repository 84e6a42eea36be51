"""What becomes of a flight when something fails: modes, texts and their times as ArduCopter's.

Each recorded case hovers 60 m north of home at 20 m; then a parameter is written, a fence uploaded or the
ground station falls silent.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dfr.ardupilot.items import WireItem
from dfr.geo import Position, offset
from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.item_lists import FENCE
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.state import Settings
from firmware_sitl.vehicle.vehicle import STEP_S, BuiltinVehicle

RECORDED = Path(__file__).parents[1] / "data" / "arducopter" / "failsafes.jsonl"
CASES = [json.loads(line) for line in RECORDED.read_text().splitlines()]
HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
OUT_M, HEIGHT_M, FENCE_HALF_M = 60.0, 20.0, 55.0
HEARTBEAT_S, SETTLE_S = 1.0, 2.0
TIME_S, PLACE_M, PLACE_UNSEEN_M = 1.0, 4.0, 8.0
"""Without satellites the recorded place is where ArduCopter believed to be, and it drifts meanwhile."""

MODES = {name: number for number, name in modes.NAMES.items()} | {"SMART_RTL": modes.SMART_RTL}


class Observed:
    """One flight of the built-in vehicle, watched from outside as a client would."""

    def __init__(self, case: dict[str, Any]) -> None:
        settings = Settings(
            lat_deg=HOME.lat_deg,
            lon_deg=HOME.lon_deg,
            altitude_m=3.0,
            heading_deg=0.0,
            defaults=case.get("params", {}),
        )
        self.vehicle = BuiltinVehicle(settings)
        self.vehicle.state.link_clock = lambda: self.vehicle.state.aircraft.t_s
        self.vehicle.serve_channels([self])  # type: ignore[list-item]
        self.texts: list[tuple[float, int, str]] = []
        self.modes: list[tuple[float, str]] = []
        self.since_s = 0.0
        self._beats, self._sticks_held = True, False
        self._fly_out()
        self._enter(case.get("mode", "GUIDED"))
        self._break(case)
        self._watch(case)

    def _watch(self, case: dict[str, Any]) -> None:
        """Until as long after the first change of mode as the recording goes on after its own."""
        if not case["modes"]:
            self.pass_time(case["for"])
            return
        while not self.modes and self.now_s < case["for"]:
            self.pass_time(STEP_S)
        self.pass_time(case["for"] - case["modes"][0][0])

    def send(self, message: Any) -> None:
        if message.get_type() == "STATUSTEXT":
            self.texts.append((self.now_s, message.severity, message.text))

    def send_now(self, message_id: int) -> None: ...

    send_later = send_due = send_now

    @property
    def now_s(self) -> float:
        return self.vehicle.state.aircraft.t_s - self.since_s

    def pass_time(self, seconds: float) -> None:
        vehicle, per_beat = self.vehicle, round(HEARTBEAT_S / STEP_S)
        shown, armed = vehicle.state.mode.name, vehicle.state.aircraft.motors.armed
        for step in range(round(seconds / STEP_S)):
            if self._beats and step % per_beat == 0:
                vehicle.state.failsafes.hear_gcs(vehicle.state.aircraft.t_s, vehicle.state.link_s)
                if self._sticks_held:
                    vehicle.state.aircraft.sticks.take_override([1500] * 4)
            vehicle.step()
            if vehicle.state.mode.name != shown:
                shown = vehicle.state.mode.name
                self.modes.append((self.now_s, shown))
            if armed and not vehicle.state.aircraft.motors.armed:
                armed = False
                self.modes.append((self.now_s, "disarmed"))

    def _fly_out(self) -> None:
        self.pass_time(6.0)
        assert change_mode(self.vehicle.state, modes.GUIDED)
        assert arming.arm_vehicle(self.vehicle.state)
        assert self.vehicle.state.mode.take_off(HEIGHT_M)
        self.pass_time(20.0)
        assert self.vehicle.state.mode.fly_to((OUT_M, 0.0, HEIGHT_M))
        self.pass_time(20.0)

    def _enter(self, mode: str) -> None:
        out = offset(HOME, bearing_deg=0.0, distance_m=OUT_M)
        place = {"x": round(out.lat_deg * 1e7), "y": round(out.lon_deg * 1e7), "z": HEIGHT_M, "frame": 3}
        mission = self.vehicle.state.mission
        mission.begin_upload(3)
        for seq, command in enumerate((16, 22, 17)):
            mission.put_item(seq, WireItem(command=command, **place))  # type: ignore[arg-type]
        self._sticks_held = mode == "ALT_HOLD"
        assert change_mode(self.vehicle.state, MODES[mode])
        self.pass_time(SETTLE_S)

    def _break(self, case: dict[str, Any]) -> None:
        self.texts.clear()
        self.modes.clear()
        self.since_s = self.vehicle.state.aircraft.t_s
        self._beats = not case.get("silence")
        for name, value in case.get("write", {}).items():
            assert self.vehicle.state.parameters.set_shown(name, value)
        if case.get("polygon"):
            self._upload_fence()
            self.vehicle.state.parameters["FENCE_ENABLE"] = 1.0

    def _upload_fence(self) -> None:
        plan = self.vehicle.state.fence_list
        assert plan.kind == FENCE
        plan.begin_upload(4)
        for seq, (east, north) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
            corner = offset(HOME, bearing_deg=90.0, distance_m=FENCE_HALF_M * east)
            corner = offset(corner, bearing_deg=0.0, distance_m=FENCE_HALF_M * north)
            x, y = round(corner.lat_deg * 1e7), round(corner.lon_deg * 1e7)
            plan.put_item(seq, WireItem(command=5001, frame=3, params=(4.0, 0.0, 0.0, 0.0), x=x, y=y))
        plan.finish_upload()


def what(texts: list[Any]) -> list[tuple[int, str]]:
    """The texts without the numbers in them, and without those of other things."""
    return [(severity, re.sub(r"[\d.]+", "#", text)) for _, severity, text in texts]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_failure_ends_as_it_did_on_arducopter(case: dict[str, Any]) -> None:
    seen = Observed(case)
    named = [(t_s, "SMART_RTL" if name == "SMARTRTL" else name) for t_s, name in seen.modes]
    assert [name for _, name in named] == [name for _, name in case["modes"]]
    assert what(seen.texts) == what(case["texts"])
    if not (case.get("silence") or case.get("polygon")):  # when that took effect was not recorded
        for (seen_s, _), (recorded_s, _) in zip(named, case["modes"], strict=True):
            assert seen_s == pytest.approx(recorded_s, abs=TIME_S)
    body = seen.vehicle.state.aircraft.body
    place_m = PLACE_UNSEEN_M if "SIM_GPS1_ENABLE" in case.get("write", {}) else PLACE_M
    assert (body.up, body.north) == pytest.approx((case["height_m"], case["north_m"]), abs=place_m)
