"""Speeds of the flight model, each beside a yardstick measured in the same run.

    python benchmarks/flight.py [--json]

landings      10,000 gusty landings of about 25 s at 50 Hz (the target: 30 s of each in 10 s on one core)
vehicle-steps against RotorPy's batched simulator at the same batch and step, where `rotorpy` is installed
predict       sorties a second, read from JSON lines and predicted
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable

import numpy as np

from dfr.aircraft.cases import predict_cases, read_cases
from dfr.aircraft.catalogue import find_dock, find_drone
from dfr.aircraft.dynamics import LoopGains, PositionLoop, QuadDynamics
from dfr.aircraft.landing_study import study_landings
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.trim import airframe_of
from dfr.scenario.model import Guidance

LANDINGS = 10_000
LANDING_TARGET_S = 10.0
STEPS_OF_A_TARGET_LANDING = 30.0 * 50.0
PREDICT_TARGET_PER_S = 20_000.0
ROTORPY_TARGET_RATIO = 10.0
BATCH, STEPS, STEP_S = 1000, 200, 0.02
CASES = 20_000


def processor_seconds(work: Callable[[], object]) -> float:
    """Processor time of the best of three runs: other work on the machine does not count."""
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def landings() -> dict[str, float]:
    quad, pad = find_drone("arducopter-sitl-quad"), find_dock("open-pad")
    begun = time.process_time()
    study = study_landings(
        quad, pad, Guidance.GNSS, wind_mps=8.0, turbulence_intensity=0.17, trials=LANDINGS, seed=1
    )
    seconds = time.process_time() - begun
    per_step = seconds / study.vehicle_steps
    return {
        "landings": LANDINGS,
        "seconds": seconds,
        "vehicle_steps_per_s": study.vehicle_steps / seconds,
        "seconds_for_30_s_each": per_step * LANDINGS * STEPS_OF_A_TARGET_LANDING,
        "target_s": LANDING_TARGET_S,
    }


def our_steps() -> float:
    """Seconds of a batch of closed-loop steps."""
    body = QuadDynamics(airframe_of(find_drone("arducopter-sitl-quad")), vehicles=BATCH)
    loop = PositionLoop(LoopGains.from_settings(FlightSettings()), vehicles=BATCH)
    wind = np.random.default_rng(1).normal(0.0, 3.0, (3, BATCH))
    still = np.zeros(BATCH)

    def fly() -> None:
        for _ in range(STEPS):
            lean = loop.lean_command(-body.position_m[:2], body.velocity_mps[:2], STEP_S)
            body.step(lean, still, wind, STEP_S)

    return processor_seconds(fly)


def rotorpy_steps() -> float | None:
    """Seconds of the same batch in RotorPy's BatchedMultirotor (rk4), None where it is not installed."""
    try:
        import torch
        from rotorpy.vehicles.crazyflie_params import quad_params
        from rotorpy.vehicles.multirotor import BatchedMultirotor, BatchedMultirotorParams
    except ImportError:
        return None
    torch.set_num_threads(1)
    device = torch.device("cpu")
    params = BatchedMultirotorParams([quad_params] * BATCH, BATCH, device)
    state = {
        "x": torch.zeros(BATCH, 3).double(),
        "v": torch.zeros(BATCH, 3).double(),
        "q": torch.tensor([0.0, 0.0, 0.0, 1.0]).repeat(BATCH, 1).double(),
        "w": torch.zeros(BATCH, 3).double(),
        "wind": torch.zeros(BATCH, 3).double(),
        "rotor_speeds": torch.full((BATCH, 4), 1788.53).double(),
    }
    vehicle = BatchedMultirotor(params, BATCH, initial_states=state, device=device, integrator="rk4")
    control = {"cmd_motor_speeds": torch.full((BATCH, 4), 1788.53).double()}

    def fly() -> None:
        moving = state
        for _ in range(STEPS):
            moving = vehicle.step(moving, control, STEP_S)

    return processor_seconds(fly)


def predictions() -> dict[str, float]:
    draw = random.Random(1)
    lines = "\n".join(
        json.dumps(
            {
                "distance_m": draw.uniform(20.0, 3000.0),
                "bearing_deg": draw.uniform(0.0, 360.0),
                "height_m": draw.uniform(20.0, 110.0),
                "cruise_mps": draw.choice((5.0, 8.0, 10.0, 15.0)),
                "wind_mps": draw.uniform(0.0, 10.0),
                "wind_from_deg": draw.uniform(0.0, 360.0),
                "hover_s": 60.0,
                "params": {"ANGLE_MAX": draw.choice((2500, 3000, 4500))},
            }
        )
        for _ in range(CASES)
    ).encode()
    seconds = processor_seconds(lambda: predict_cases(read_cases(lines, name="benchmark")))
    return {"cases_per_s": CASES / seconds, "target_per_s": PREDICT_TARGET_PER_S}


def main() -> None:
    ours, theirs = our_steps(), rotorpy_steps()
    per_s = BATCH * STEPS / ours
    result: dict[str, object] = {
        "landings": landings(),
        "predict": predictions(),
        "vehicle_steps": {
            "ours_per_s": per_s,
            "rotorpy_per_s": None if theirs is None else BATCH * STEPS / theirs,
            "ratio": None if theirs is None else theirs / ours,
            "target_ratio": ROTORPY_TARGET_RATIO,
        },
    }
    if "--json" in sys.argv:
        print(json.dumps(result, indent=2))
        return
    for name, figures in result.items():
        print(name)
        assert isinstance(figures, dict)
        for figure, value in figures.items():
            print(f"  {figure:24} {'not installed' if value is None else f'{value:,.1f}'}")


if __name__ == "__main__":
    main()
