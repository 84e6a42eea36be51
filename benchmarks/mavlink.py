"""The built-in vehicle's pace beside real time, and a mission's upload beside those of other software.

    DFR_PEERS=folder python benchmarks/mavlink.py [--json] [--engine builtin|ardupilot] [--runs N]

pace      vehicle seconds in a second of one core, flying in wind with ten messages ten times a second
vehicles  how many vehicles at 1x that pace allows on two cores
upload    600 items uploaded and verified, against the best of MAVProxy, MAVSDK and dronekit uploading alone;
          then with 50 ms of latency each way. Without DFR_PEERS only our own time is measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict

from mavlink_uploads import LATENCY_S, RUNS
from mavlink_uploads import measured as uploaded

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.state import Settings
from firmware_sitl.vehicle.vehicle import STEP_S, BuiltinVehicle

FLOWN_S = 30.0
TELEMETRY_HZ = 10.0
PACE_TARGET = 50.0
VEHICLES_TARGET = 20
CORES = 2
UPLOAD_TARGET, SLOW_UPLOAD_TARGET = 0.3, 0.1


def run(vehicle: BuiltinVehicle, channel: Channel, seconds: float) -> None:
    """Let vehicle time pass, and drop what it says once a second."""
    for _ in range(round(seconds)):
        for _ in range(round(1.0 / STEP_S)):
            vehicle.step()
        channel.out.clear()


def airborne() -> tuple[BuiltinVehicle, Channel]:
    """A vehicle on its way, with one client that has asked for every stream."""
    vehicle = BuiltinVehicle(Settings(lat_deg=50.7810, lon_deg=-1.0890, altitude_m=3.0, heading_deg=0.0))
    vehicle.state.link_clock = lambda: vehicle.state.aircraft.t_s
    channel = Channel(vehicle.state, 0)
    channel.connected = True
    vehicle.serve_channels([channel])
    channel.set_stream_rate(0, TELEMETRY_HZ)
    run(vehicle, channel, 5.0)
    if not (
        change_mode(vehicle.state, modes.GUIDED)
        and arming.arm_vehicle(vehicle.state)
        and vehicle.state.mode.take_off(30.0)
    ):
        raise RuntimeError("the vehicle did not take off")
    run(vehicle, channel, 20.0)
    vehicle.state.guided.fly_to((2000.0, 0.0, 30.0))
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
    parser = argparse.ArgumentParser(description="pace and uploads")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--engine", default="builtin", choices=("builtin", "ardupilot"))
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    measured = pace()
    rows = [
        {"what": "pace, times real time", "measured": measured, "target": PACE_TARGET},
        {"what": f"vehicles at 1x on {CORES} cores", "measured": CORES * measured, "target": VEHICLES_TARGET},
    ]
    for latency_s, target in ((0.0, UPLOAD_TARGET), (LATENCY_S, SLOW_UPLOAD_TARGET)):
        uploads = uploaded(latency_s, engine=options.engine, runs=options.runs)
        what = f"upload on {options.engine}, {latency_s * 1000:.0f} ms each way, beside the best"
        rows.append({"what": what, "measured": uploads.ratio, "target": target} | asdict(uploads))
    if options.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    for row in rows:
        print(f"{row['what']:60}{row['measured']:10.3g}{row['target']:10.3g}")
        if "ours_s" in row:
            others = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in row["peers_s"].items())
            print(f"    dfr, verified, {row['ours_s']:.2f} s; {others or 'no others installed'}")


if __name__ == "__main__":
    main()
