"""MAVSDK uploads a mission: `mavsdk_upload.py URL MISSION WAIT_S`. Prints the seconds it took."""

import asyncio
import sys
import time
from pathlib import Path

from mavsdk_grpc import System
from mavsdk_grpc.mission_raw import MissionItem


def items_of(path):
    for line in Path(path).read_text(encoding="utf-8").splitlines()[1:]:
        f = line.split("\t")
        numbers = [float(value) for value in f[4:11]]
        place = [round(numbers[4] * 1e7), round(numbers[5] * 1e7)]
        current = int(f[0] == "0")
        yield MissionItem(int(f[0]), int(f[2]), int(f[3]), current, 1, *numbers[:4], *place, numbers[6], 0)


async def main(url, mission, wait_s):
    drone = System()
    await drone.connect(system_address=url.replace("tcp:", "tcpout://"))
    async for state in drone.core.connection_state():
        if state.is_connected:
            break
    items = list(items_of(mission))
    await drone.param.get_all_params()
    await asyncio.sleep(float(wait_s))
    begun = time.monotonic()
    await drone.mission_raw.upload_mission(items)
    sys.stdout.write(f"{time.monotonic() - begun}\n")
    sys.stdout.flush()


asyncio.run(main(*sys.argv[1:4]))
