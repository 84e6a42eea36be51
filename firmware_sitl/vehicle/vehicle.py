"""The built-in vehicle: `step` lets its time pass, `receive_message` hands it what a client sent.

What it is and knows is its `state` (`firmware_sitl.vehicle.state`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.actions import do_item
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.dataflash import DataFlash
from firmware_sitl.vehicle.failsafes import act_on_breach, watch_failsafes
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.receiver import Receiver
from firmware_sitl.vehicle.state import Settings, State

STEP_S = 0.02
"""Seconds of one step of flight: the S-curves and lags it resolves are an order slower."""

WATCH_EVERY = 5
"""Steps between two looks at fence and failsafes: 10 Hz."""

PREARM_SAY_S = 30.0

CHUNK_BYTES = 50
LAST_ID = 0xFFFF


class BuiltinVehicle:
    """One vehicle and the channels of its clients."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.state = State(settings, do_item)
        self.channels: list[Channel] = []
        self.card = DataFlash(self.state)
        self._receiver = Receiver(self.state, self.card)
        self._texts = Texts()
        self._prearm_said_s = 0.0
        self._idle_since_s: float | None = None
        self._steps = 0

    def serve_channels(self, channels: list[Channel]) -> None:
        """Talk to the clients of these channels from now on."""
        self.channels = channels
        self.state.clients = list(channels)

    def after_reboot(self) -> BuiltinVehicle:
        """The vehicle after a reboot: parameters, lists and logs are kept, everything else starts afresh."""
        vehicle = BuiltinVehicle(self._settings)
        vehicle.state.keep_from(self.state)
        vehicle.card.keep_from(self.card)
        return vehicle

    def receive_message(self, channel: Channel, message: Any) -> None:
        """A message from a client."""
        self._receiver.receive_message(channel, message)

    def step(self) -> None:
        """Advance by one step."""
        state = self.state
        was_armed = state.aircraft.motors.armed
        state.aircraft.step(STEP_S, state.mode.fly_step)
        if was_armed and not state.aircraft.motors.armed:
            arming.after_disarming(state)
        self._steps += 1
        t_s = state.aircraft.t_s
        self._receiver.transfers.check_timeouts(state.link_s)
        if self._steps % WATCH_EVERY == 0:
            self._watch_safety(t_s)
        self.card.watch()
        self._send_news()
        self._receiver.logs.send_due()
        for channel in self.channels:
            channel.send_due(t_s)

    def _watch_safety(self, t_s: float) -> None:
        state, estimator = self.state, self.state.estimator
        estimator.glitching = state.aircraft.glitch.glitching
        estimator.advance_to(t_s)
        state.aircraft.position_ok = estimator.position_ok
        if estimator.position_ok and not state.home_set:
            state.set_home_here()
            state.say(6, "EKF3 IMU0 is using GPS")
        breached = state.fence.watch_breaches(
            t_s, position_ok=estimator.position_ok, landing=state.mode.landing
        )
        if breached:
            act_on_breach(state, breached)
        watch_failsafes(state, t_s)
        chosen = state.mode_switch.read_change(t_s)
        if chosen is not None:
            change_mode(state, chosen)
        state.motor_test.watch_time(t_s)
        if state.calibrations.motors is not None:
            state.calibrations.motors.watch_time(t_s)
        retracing = state.mode.number == modes.SMART_RTL
        state.breadcrumbs.drop_crumb(position_ok=estimator.position_ok, retracing=retracing)
        if state.aircraft.motors.armed:
            state.prearm_ok = True
            self._disarm_idle()
        else:
            self._idle_since_s = None
            self._check_before_arming(t_s)

    def _check_before_arming(self, t_s: float) -> None:
        """Note the problems against arming for SYS_STATUS, and say them from time to time."""
        found = arming.prearm_problems(self.state)
        self.state.prearm_ok = not found
        if found and t_s - self._prearm_said_s > PREARM_SAY_S:
            self._prearm_said_s = t_s
            for reason in found:
                self.state.say(2, f"PreArm: {reason}")

    def _disarm_idle(self) -> None:
        """DISARM_DELAY: armed on the ground with nothing asked of it for so long, the motors stop."""
        state = self.state
        delay, now = state.parameters["DISARM_DELAY"], state.link_s
        if not state.aircraft.landed or state.aircraft.wants_flight:
            self._idle_since_s = None
        elif self._idle_since_s is None:
            self._idle_since_s = now
        elif 0.0 < delay <= now - self._idle_since_s:
            arming.disarm_vehicle(state)

    def _send_news(self) -> None:
        """Send the items reached and the texts said since the last step."""
        state = self.state
        if state.auto.reached:
            state.last_reached = state.auto.reached[-1]
            for seq in state.auto.reached:
                for client in state.clients:
                    client.send(mavlink.MAVLink_mission_item_reached_message(seq))
                    client.send_now(mavlink.MAVLINK_MSG_ID_MISSION_CURRENT)
            state.auto.reached.clear()
        says = state.aircraft.says
        while says:
            severity, text = says.popleft()
            self.card.note_text(text)
            for message in self._texts.split_text(severity, text):
                for client in state.clients:
                    client.send(message)


class Texts:
    """Numbers the texts that do not fit into one message; the others have the number 0."""

    def __init__(self) -> None:
        self._last = 0

    def split_text(self, severity: int, text: str) -> Iterator[Any]:
        """A text's messages."""
        raw = text.encode()
        if len(raw) <= CHUNK_BYTES:
            yield mavlink.MAVLink_statustext_message(severity, raw)
            return
        self._last = self._last % LAST_ID + 1
        for number, start in enumerate(range(0, len(raw), CHUNK_BYTES)):
            part = raw[start : start + CHUNK_BYTES]
            yield mavlink.MAVLink_statustext_message(severity, part, self._last, number)
