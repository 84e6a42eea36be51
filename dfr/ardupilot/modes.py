"""ArduCopter's flight modes by name: the numbers in the heartbeat's custom_mode."""

from __future__ import annotations

from enum import IntEnum


class CopterMode(IntEnum):
    """A flight mode; names and numbers are those of ArduCopter, held equal to pymavlink's by a test."""

    STABILIZE = 0
    ACRO = 1
    ALT_HOLD = 2
    AUTO = 3
    GUIDED = 4
    LOITER = 5
    RTL = 6
    CIRCLE = 7
    LAND = 9
    DRIFT = 11
    SPORT = 13
    FLIP = 14
    AUTOTUNE = 15
    POSHOLD = 16
    BRAKE = 17
    THROW = 18
    AVOID_ADSB = 19
    GUIDED_NOGPS = 20
    SMART_RTL = 21
    FLOWHOLD = 22
    FOLLOW = 23
    ZIGZAG = 24
    SYSTEMID = 25
    AUTOROTATE = 26
    AUTO_RTL = 27
    TURTLE = 28


RETURN_MODES = frozenset({CopterMode.RTL, CopterMode.SMART_RTL, CopterMode.AUTO_RTL, CopterMode.LAND})
"""Modes in which a drone is on its way home or down."""

_MODES = {int(mode): mode.name for mode in CopterMode}


def mode_name(number: int | None) -> str:
    """A mode's name, or its number where it has none here.

    >>> mode_name(3)
    'AUTO'
    """
    return "unknown" if number is None else _MODES.get(number, f"mode {number}")
