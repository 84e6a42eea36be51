"""MAVSDK flies a mission on a vehicle: `mavsdk_flight.py URL MISSION`. Prints JSON."""

import asyncio
import json
import sys
from pathlib import Path

from mavsdk_grpc import System
from mavsdk_grpc.mission_raw import MissionItem

DEADLINE_S = 60.0


def items_of(path):
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    for line in lines[1:]:
        f = line.split("\t")
        numbers = [float(value) for value in f[4:11]]
        place = [round(numbers[4] * 1e7), round(numbers[5] * 1e7)]
        yield MissionItem(
            int(f[0]), int(f[2]), int(f[3]), int(f[0] == "0"), 1, *numbers[:4], *place, numbers[6], 0
        )


async def first(stream, holds):
    async for value in stream:
        if holds(value):
            return value
    return None


def pushed_up(imu):
    return abs(imu.acceleration_frd.down_m_s2 + 9.81) < 0.1


async def within(work, what):
    try:
        return await asyncio.wait_for(work, DEADLINE_S)
    except TimeoutError:
        sys.exit(f"not in time: {what}")


async def main(url, mission):
    drone = System()
    await drone.connect(system_address=url)
    await within(first(drone.core.connection_state(), lambda s: s.is_connected), "connected")
    await within(drone.telemetry.set_rate_position(5.0), "positions")
    await within(first(drone.telemetry.health(), lambda h: h.is_home_position_ok), "ready")
    await within(drone.telemetry.set_rate_imu(5.0), "accelerations")
    await within(first(drone.telemetry.imu(), pushed_up), "the ground's push")
    everything = await within(drone.param.get_all_params(), "parameters")
    items = list(items_of(mission))
    await within(drone.mission_raw.upload_mission(items), "upload")
    read_back = await within(drone.mission_raw.download_mission(), "download")
    await within(drone.action.set_takeoff_altitude(15.0), "takeoff height")
    await arm(drone)
    await within(drone.action.takeoff(), "takeoff command")
    await within(first(drone.telemetry.position(), lambda p: p.relative_altitude_m > 13.0), "takeoff")
    await within(first(drone.info.flight_information(), lambda f: f.duration_since_takeoff_ms > 0), "flight")
    await within(drone.mission_raw.start_mission(), "mission start")
    await within(first(drone.mission_raw.mission_progress(), lambda p: p.current >= p.total - 1), "last item")
    await within(first(drone.telemetry.armed(), lambda armed: not armed), "landed and disarmed")
    place = await within(first(drone.telemetry.position(), lambda p: True), "position")
    told = len(everything.int_params) + len(everything.float_params)
    print(json.dumps({
        "parameters": told,
        "read_back": [item.command for item in read_back],
        "height_m": place.relative_altitude_m,
    }))  # fmt: skip


async def arm(drone):
    for attempt in range(20):
        try:
            await drone.action.arm()
            break
        except Exception:  # the vehicle's checks are not through yet
            if attempt == 19:
                raise
            await asyncio.sleep(0.5)


asyncio.run(main(*sys.argv[1:3]))
