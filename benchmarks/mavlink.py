"""The built-in vehicle's pace beside real time, and how many of them one machine flies.

    python benchmarks/mavlink.py [--json]

pace      vehicle seconds in a second of one core, flying in wind with ten messages ten times a second
vehicles  how many vehicles at 1x that pace allows on two cores
"""

from __future__ import annotations

import json
import sys
import time

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.vehicle import STEP_S, Settings, Vehicle

FLOWN_S = 30.0
TELEMETRY_HZ = 10.0
PACE_TARGET = 50.0
VEHICLES_TARGET = 20
CORES = 2


def run(vehicle: Vehicle, channel: Channel, seconds: float) -> None:
    """Let vehicle time pass, and drop what it says once a second."""
    for _ in range(round(seconds)):
        for _ in range(round(1.0 / STEP_S)):
            vehicle.step()
        channel.out.clear()


def airborne() -> tuple[Vehicle, Channel]:
    """A vehicle on its way, with one client that has asked for every stream."""
    vehicle = Vehicle(Settings(lat_deg=50.7810, lon_deg=-1.0890, altitude_m=3.0, heading_deg=0.0))
    vehicle.link_clock = lambda: vehicle.craft.t_s
    channel = Channel(vehicle, 0)
    channel.connected = True
    vehicle.channels = [channel]
    channel.stream(0, TELEMETRY_HZ)
    run(vehicle, channel, 5.0)
    if not (vehicle.change_mode(modes.GUIDED) and arming.arm(vehicle) and vehicle.mode.take_off(30.0)):
        raise RuntimeError("the vehicle did not take off")
    run(vehicle, channel, 20.0)
    vehicle.guided.fly_to((2000.0, 0.0, 30.0))
    return vehicle, channel


def pace() -> float:
    """Vehicle seconds in a second of processor time: the best of three stretches of a flight."""
    best = 0.0
    for _ in range(3):
        vehicle, channel = airborne()
        begun = time.process_time()
        run(vehicle, channel, FLOWN_S)
        best = max(best, FLOWN_S / (time.process_time() - begun))
    return best


def main() -> None:
    measured = pace()
    rows = [
        ("pace, times real time", measured, PACE_TARGET),
        (f"vehicles at 1x on {CORES} cores", CORES * measured, float(VEHICLES_TARGET)),
    ]
    if "--json" in sys.argv:
        print(json.dumps([{"what": what, "measured": m, "target": t} for what, m, t in rows], indent=2))
        return
    print(f"{'':32}{'measured':>10}{'target':>10}{'ratio':>8}")
    for what, value, target in rows:
        print(f"{what:32}{value:10.1f}{target:10.1f}{value / target:8.2f}")


if __name__ == "__main__":
    main()
