"""Whatever a client sends, the vehicle goes on: every message of the dialect with extreme fields."""

from __future__ import annotations

import random

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.commands import TABLE
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.state import Settings
from firmware_sitl.vehicle.vehicle import BuiltinVehicle

EXTREMES = {
    "float": (0.0, 1.0, -1.0, 3.0, 1e30, -1e30, float("nan"), float("inf"), float("-inf")),
    "uint8_t": (0, 1, 2, 3, 21, 255),
    "int8_t": (0, 1, -1, 127, -128),
    "uint16_t": (0, 1, 5, 192, 400, 65535),
    "int16_t": (0, 1, -1, 32767, -32768),
    "uint32_t": (0, 1, 4, 2**32 - 1),
    "int32_t": (0, 1, -1, 2**31 - 1, -(2**31), 507_810_000),
    "uint64_t": (0, 1, 2**64 - 1),
    "int64_t": (0, 1, -1, 2**63 - 1, -(2**63)),
    "double": (0.0, float("nan")),
    "char": (b"", b"RTL_ALT", bytes(range(1, 17))),
}
TARGETS = {"target_system": 1, "target_component": 1, "target": 1}
SECONDS = 2.0


@pytest.fixture
def hovering() -> tuple[BuiltinVehicle, Channel]:
    vehicle = BuiltinVehicle(Settings(lat_deg=50.7810, lon_deg=-1.0890, altitude_m=3.0, heading_deg=0.0))
    vehicle.state.link_clock = lambda: vehicle.state.aircraft.t_s
    channel = Channel(vehicle.state, 0)
    channel.connected = True
    vehicle.serve_channels([channel])
    fly(vehicle, 6.0)
    assert change_mode(vehicle.state, modes.GUIDED)
    assert arming.arm_vehicle(vehicle.state)
    assert vehicle.state.mode.take_off(30.0)
    fly(vehicle, 5.0)
    return vehicle, channel


def fly(vehicle: BuiltinVehicle, seconds: float) -> None:
    for _ in range(round(seconds / 0.02)):
        vehicle.step()
    for channel in vehicle.channels:
        channel.out.clear()


def drawn(kind: type, chance: random.Random):
    """A message with every field at some extreme of its type, addressed to the vehicle."""
    values = []
    lengths = dict(zip(kind.fieldnames, kind.array_lengths, strict=True)) if kind.fieldnames else {}
    for name, form in zip(kind.fieldnames, kind.fieldtypes, strict=True):
        length = lengths[name] if kind.ordered_fieldnames == kind.fieldnames else _length(kind, name)
        if name in TARGETS:
            values.append(TARGETS[name])
        elif form == "char":
            values.append(chance.choice(EXTREMES["char"])[: length or 1])
        elif length:
            values.append([chance.choice(EXTREMES[form]) for _ in range(length)])
        else:
            values.append(chance.choice(EXTREMES[form]))
    return kind(*values)


def _length(kind: type, name: str) -> int:
    return kind.array_lengths[kind.ordered_fieldnames.index(name)]


def heard(
    vehicle: BuiltinVehicle, channel: Channel, message, *, source: tuple[int, int] = (255, 190)
) -> None:
    """Let the vehicle hear a message as it would come over the line."""
    sender = mavlink.MAVLink(None, srcSystem=source[0], srcComponent=source[1])
    for received in channel.parse_bytes(message.pack(sender)):
        vehicle.receive_message(channel, received)


@pytest.mark.parametrize(
    "kind", sorted(mavlink.mavlink_map.values(), key=lambda kind: kind.id), ids=lambda k: k.msgname
)
def test_no_message_stops_the_vehicle(hovering, kind):
    vehicle, channel = hovering
    chance = random.Random(kind.id)
    for _ in range(40):
        heard(vehicle, channel, drawn(kind, chance))
    fly(vehicle, SECONDS)


def test_no_command_stops_the_vehicle(hovering):
    vehicle, channel = hovering
    chance, floats = random.Random(12), EXTREMES["float"]
    known = list(TABLE)
    for _ in range(4000):
        number = chance.choice(known)
        if number == 246:
            continue
        numbers = [chance.choice(floats) for _ in range(7)]
        heard(vehicle, channel, mavlink.MAVLink_command_long_message(1, 1, number, 0, *numbers))
        whole = [chance.choice(EXTREMES["int32_t"]) for _ in range(2)]
        frame = chance.choice((0, 3, 5, 6, 10, 11, 99))
        message = mavlink.MAVLink_command_int_message(
            1, 1, frame, number, 0, 0, *numbers[:4], *whole, numbers[6]
        )
        heard(vehicle, channel, message)
        if chance.random() < 0.02:
            fly(vehicle, 0.2)
    fly(vehicle, SECONDS)
