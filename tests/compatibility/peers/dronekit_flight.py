"""dronekit flies a mission on a vehicle: `dronekit_flight.py URL MISSION`. Prints JSON."""

import collections
import collections.abc
import json
import sys
import time
from pathlib import Path

collections.MutableMapping = collections.abc.MutableMapping

from dronekit import Command, VehicleMode, connect  # noqa: E402

DEADLINE_S = 60.0


def wait(holds, what):
    end = time.monotonic() + DEADLINE_S
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"not in time: {what}")
        time.sleep(0.05)


def items_of(path):
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    for line in lines[1:]:  # home too: dronekit counts from it
        field = line.split("\t")
        frame, command = int(field[2]), int(field[3])
        yield Command(0, 0, 0, frame, command, 0, 1, *map(float, field[4:11]))


def main(url, mission):
    vehicle = connect(url, wait_ready=True, heartbeat_timeout=60)
    parameters = len(vehicle.parameters)
    commands = vehicle.commands
    commands.clear()
    for item in items_of(mission):
        commands.add(item)
    commands.upload()
    commands.download()
    commands.wait_ready()
    read_back = [item.command for item in commands]
    wait(lambda: vehicle.is_armable, "armable")
    vehicle.mode = VehicleMode("GUIDED")
    wait(lambda: vehicle.mode.name == "GUIDED", "GUIDED")
    vehicle.armed = True
    wait(lambda: vehicle.armed, "armed")
    vehicle.simple_takeoff(15)
    wait(lambda: vehicle.location.global_relative_frame.alt > 13, "takeoff")
    vehicle.mode = VehicleMode("AUTO")
    wait(lambda: commands.next >= len(read_back), "the mission's last item")
    wait(lambda: not vehicle.armed, "landed and disarmed")
    height_m = vehicle.location.global_relative_frame.alt
    vehicle.close()
    print(json.dumps({"parameters": parameters, "read_back": read_back, "height_m": height_m}))


main(*sys.argv[1:3])
