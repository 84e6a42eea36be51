"""COMMAND_LONG and COMMAND_INT: what each does and the result it gives."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, radians
from typing import TYPE_CHECKING, Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import actions, arming, modes
from firmware_sitl.vehicle.items import Item, degrees_e7
from firmware_sitl.vehicle.telemetry import BUILDERS

if TYPE_CHECKING:
    from firmware_sitl.vehicle.channel import Channel
    from firmware_sitl.vehicle.vehicle import Vehicle

ACCEPTED, DENIED, UNSUPPORTED, FAILED = 0, 2, 3, 4
MOST_HZ = 400.0
SELDOMEST_US = 2**31 - 1
MOST_MESSAGE_ID = 65_535
"""MESSAGE_INTERVAL cannot name more."""

TAKEN = (183, 203)
"""DO_SET_SERVO and DO_DIGICAM_CONTROL: ArduCopter accepts them with nothing attached."""

DEVICES = (204, 205, 211, 1000, 2000, 2500, 42600)
"""Mount, gripper, gimbal, camera and winch: ArduCopter knows the commands, and fails without the device."""

Handler = Callable[["Channel", Item, tuple[float, ...]], int]


class Commands:
    """Runs commands; the same table for both messages."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self._owed: list[int] = []
        self._table: dict[int, Handler] = {
            17: self._mode(modes.LOITER),
            20: self._mode(modes.RTL),
            21: self._mode(modes.LAND),
            22: self._takeoff,
            115: self._yaw,
            176: self._set_mode,
            178: self._speed,
            179: self._set_home,
            185: self._terminate,
            192: self._reposition,
            193: self._pause,
            195: self._do,
            197: self._do,
            201: self._do,
            207: self._fence,
            241: self._accept,
            245: self._accept,
            246: self._reboot,
            300: self._mission_start,
            400: self._arm,
            410: self._home,
            510: self._interval,
            511: self._set_interval,
            512: self._request,
            520: self._version,
            401: self._prearm,
            224: self._set_current,
            42428: self._banner,
            **dict.fromkeys(TAKEN, self._taken),
            **dict.fromkeys(DEVICES, self._no_device),
            42651: self._battery_reset,
        }

    def long(self, channel: Channel, message: Any) -> None:
        """COMMAND_LONG: place in params 5 to 7, degrees; heights above home."""
        lat, lon = message.param5, message.param6
        frame = 0 if message.command in (179, 195, 201) else 3
        item = Item(
            command=message.command,
            frame=frame,
            params=(message.param1, message.param2, message.param3, message.param4),
            x=degrees_e7(lat),
            y=degrees_e7(lon),
            z=message.param7,
        )
        self._answer(channel, message, item, (*item.params, lat, lon, message.param7))

    def whole(self, channel: Channel, message: Any) -> None:
        """COMMAND_INT: place in 1e-7 degrees, in a frame."""
        item = Item(
            command=message.command,
            frame={5: 0, 6: 3, 11: 10}.get(message.frame, message.frame),
            params=(message.param1, message.param2, message.param3, message.param4),
            x=message.x,
            y=message.y,
            z=message.z,
        )
        self._answer(channel, message, item, (*item.params, float(item.x), float(item.y), item.z))

    def _answer(self, channel: Channel, message: Any, item: Item, params: tuple[float, ...]) -> None:
        handler = self._table.get(item.command, self._unsupported)
        source = message.get_srcSystem(), message.get_srcComponent()
        result = handler(channel, item, params)
        channel.send(mavlink.MAVLink_command_ack_message(item.command, result, 0, 0, *source))
        for message_id in self._owed:
            channel.one(message_id)
        self._owed.clear()

    def _unsupported(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item, params
        return UNSUPPORTED

    def _taken(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item, params
        return ACCEPTED

    def _no_device(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item, params
        return FAILED

    def _accept(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item, params
        return FAILED if self._vehicle.craft.motors.armed else ACCEPTED

    def _battery_reset(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        """BATTERY_RESET: which batteries (bits), how full in per cent."""
        del channel, item
        if not _whole(params[0]) & 1 or not 0.0 <= params[1] <= 100.0:
            return FAILED
        self._vehicle.craft.battery.refill(params[1] / 100.0)
        return ACCEPTED

    def _mode(self, number: int) -> Handler:
        def change(channel: Channel, item: Item, params: tuple[float, ...]) -> int:
            del channel, item, params
            return _done(ok=self._vehicle.change_mode(number))

        return change

    def _set_mode(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        if not _whole(params[0]) & 1:
            return DENIED
        return _done(ok=self._vehicle.change_mode(_whole(params[1])))

    def _arm(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        force = params[1] == arming.FORCE
        if params[0] == 1.0:
            return _done(ok=arming.arm(self._vehicle, force=force))
        if params[0] == 0.0:
            return _done(ok=arming.disarm(self._vehicle, force=force))
        return UNSUPPORTED

    def _prearm(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item, params
        if self._vehicle.craft.motors.armed:
            return 1
        for reason in arming.problems(self._vehicle):
            self._vehicle.say(2, f"PreArm: {reason}")
        return ACCEPTED

    def _takeoff(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, params
        vehicle = self._vehicle
        if item.frame != 3:
            return DENIED
        craft = vehicle.craft
        if not craft.motors.armed or not craft.landed or not item.z > craft.height_m:
            return FAILED
        if not vehicle.fence.allows(craft.body.north, craft.body.east, craft.home[2] + item.z):
            return FAILED
        return _done(ok=vehicle.mode.take_off(item.z))

    def _mission_start(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        if params[0] != 0.0 or params[1] != 0.0:
            return DENIED
        return _done(ok=self._vehicle.change_mode(modes.AUTO))

    def _set_current(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        if params[1] == 1.0:
            self._vehicle.auto.restart()
        if params[0] >= 0.0 and not self._vehicle.auto.set_current(_whole(params[0])):
            return DENIED
        self._owed.append(42)
        return ACCEPTED

    def _yaw(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        if not 0.0 <= params[0] <= 360.0 or params[3] not in (0.0, 1.0):
            return FAILED
        self._vehicle.craft.heading.fix(
            radians(params[0]), rate=radians(params[1]), way=_whole(params[2]), relative=params[3] == 1.0
        )
        return ACCEPTED

    def _speed(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        if not params[1] > 0.0:
            return DENIED
        if self._vehicle.mode.number not in (modes.AUTO, modes.GUIDED):
            return FAILED
        return _done(ok=actions.change_speed(self._vehicle, _whole(params[0]), params[1]))

    def _set_home(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel
        nowhere = params[0] != 1.0 and not item.is_somewhere
        if nowhere or not self._vehicle.estimator.position_ok:
            return FAILED
        actions.set_home(self._vehicle, item)
        return ACCEPTED

    def _reposition(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel
        vehicle = self._vehicle
        if vehicle.mode is not vehicle.guided and not _whole(params[1]) & 1:
            return DENIED
        if not item.is_somewhere:
            return DENIED
        point = actions.place(vehicle, item)
        if not vehicle.fence.allows(*point):
            return FAILED
        if not vehicle.change_mode(modes.GUIDED):
            return FAILED
        if params[0] > 0.0:
            vehicle.craft.navigation.speed_mps = params[0]
        return _done(ok=vehicle.guided.fly_to(point))

    def _pause(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        if params[0] not in (0.0, 1.0):
            return DENIED
        return _done(ok=self._vehicle.mode.pause(on=params[0] == 0.0))

    def _do(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, params
        return _done(ok=actions.do_item(self._vehicle, item))

    def _fence(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        if params[0] not in (0.0, 1.0, 2.0):
            return FAILED
        self._vehicle.fence.enable(on=params[0] == 1.0)
        return ACCEPTED

    def _terminate(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        return _done(ok=params[0] > 0.5 and arming.disarm(self._vehicle, force=True))

    def _reboot(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        if self._vehicle.craft.motors.armed:
            return FAILED
        if params[0] not in (1.0, 3.0):
            return UNSUPPORTED
        self._vehicle.rebooting = True
        return ACCEPTED

    def _home(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item, params
        if not self._vehicle.home_set:
            return FAILED
        self._owed += [242, 49]
        return ACCEPTED

    def _interval(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del item
        message_id = _whole(params[0])
        if not 0 <= message_id <= MOST_MESSAGE_ID:
            return FAILED
        period = channel.period(message_id)
        microseconds = (
            0
            if message_id not in BUILDERS
            else -1
            if period is None
            else round(min(period * 1e6, SELDOMEST_US))
        )
        channel.send(mavlink.MAVLink_message_interval_message(message_id, microseconds))
        return _done(ok=microseconds != 0)

    def _set_interval(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del item
        message_id, microseconds = _whole(params[0]), params[1]
        if message_id not in BUILDERS:
            self._vehicle.say(6, f"No ap_message for mavlink id ({message_id})")
            return DENIED
        if microseconds == -1.0:
            channel.every(message_id, None)
        elif microseconds == 0.0:
            channel.every(message_id, 1.0 if message_id == 0 else None)
        elif not microseconds >= 1e6 / MOST_HZ:
            return DENIED
        else:
            channel.every(message_id, microseconds * 1e-6)
        return ACCEPTED

    def _request(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item
        if _whole(params[0]) not in BUILDERS:
            return FAILED
        self._owed.append(_whole(params[0]))
        return ACCEPTED

    def _version(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item, params
        self._owed.append(148)
        return ACCEPTED

    def _banner(self, channel: Channel, item: Item, params: tuple[float, ...]) -> int:
        del channel, item, params
        for line in self._vehicle.banner():
            self._vehicle.say(6, line)
        return ACCEPTED


def _whole(value: float) -> int:
    """A parameter as a whole number; -1, which names nothing, where it is none."""
    return int(value) if isfinite(value) else -1


def _done(*, ok: bool) -> int:
    return ACCEPTED if ok else FAILED
