"""dronekit uploads a mission: `dronekit_upload.py URL MISSION WAIT_S`. Prints the seconds it took."""

import collections
import collections.abc
import sys
import time
from pathlib import Path

collections.MutableMapping = collections.abc.MutableMapping

from dronekit import Command, connect  # noqa: E402


def items_of(path):
    for line in Path(path).read_text(encoding="utf-8").splitlines()[1:]:
        field = line.split("\t")
        yield Command(0, 0, 0, int(field[2]), int(field[3]), 0, 1, *map(float, field[4:11]))


def main(url, mission, wait_s):
    vehicle = connect(url, wait_ready=["parameters"], heartbeat_timeout=60)
    commands = vehicle.commands
    commands.clear()
    for item in items_of(mission):
        commands.add(item)
    time.sleep(float(wait_s))
    begun = time.monotonic()
    commands.upload()
    sys.stdout.write(f"{time.monotonic() - begun}\n")
    vehicle.close()


main(*sys.argv[1:4])
