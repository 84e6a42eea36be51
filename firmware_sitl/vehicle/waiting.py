"""Mission items that wait: delays, and what hands over to a computer or a script that is not there."""

from __future__ import annotations

from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle import items as cmd

SCRIPT_TIME = 42702
WAITS = (cmd.NAV_DELAY, cmd.GUIDED_ENABLE, SCRIPT_TIME, cmd.ATTITUDE_TIME)
DAY_S, HOUR_S, MINUTE_S = 86400.0, 3600.0, 60.0


def seconds_to_wait(item: WireItem, utc_s: float) -> float | None:
    """How long an item of WAITS waits; None: for ever."""
    first, second = item.params[0], item.params[1]
    if item.command == cmd.NAV_DELAY:
        return first if first > 0.0 else until(utc_s, *item.params[1:])
    if item.command == cmd.GUIDED_ENABLE:
        return 0.0 if first == 0.0 else None
    if item.command == SCRIPT_TIME:
        return second if second > 0.0 else None
    return first


def until(utc_s: float, hour: float, minute: float, second: float) -> float:
    """Seconds until a time of day; a negative hour or minute means any.

    >>> until(3600.0, 2.0, 0.0, 0.0), until(3650.0, -1.0, -1.0, 20.0), until(0.0, -1.0, -1.0, -1.0)
    (3600.0, 30.0, 0.0)
    """
    if hour >= 0.0:
        goal, period = hour * HOUR_S + max(minute, 0.0) * MINUTE_S + max(second, 0.0), DAY_S
    elif minute >= 0.0:
        goal, period = minute * MINUTE_S + max(second, 0.0), HOUR_S
    elif second >= 0.0:
        goal, period = second, MINUTE_S
    else:
        return 0.0
    return (goal - utc_s) % period
