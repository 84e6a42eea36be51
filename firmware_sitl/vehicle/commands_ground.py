"""Commands for a vehicle on the ground: arming, checks, calibrations, motor test, home, reboot."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

from dfr.ardupilot.commands import TERRAIN_FRAMES, Command, Frame
from dfr.ardupilot.items import MOST_ALTITUDE_M, cast
from firmware_sitl.vehicle import actions, arming
from firmware_sitl.vehicle.calibration import ACCELEROMETERS_REST_S, MotorInterference
from firmware_sitl.vehicle.failsafes import end_battery_failsafes
from firmware_sitl.vehicle.request import (
    ACCEPTED,
    DENIED,
    FAILED,
    NEARLY,
    TEMPORARILY_REJECTED,
    UNSUPPORTED,
    CommandRequest,
    Handler,
    always_answer,
    done_or_failed,
    same_number,
)
from firmware_sitl.vehicle.state import State

FORCE_REBOOT = 20190226
ERASE = 2.0
TURNED_ABOUT, LEVEL, SIMPLE, ACCEPT_EXISTING = 1, 2, 4, 76
STARTS = "Initialising ArduPilot"
"""What ArduCopter says when it calibrates its gyros."""

SAFE, DANGEROUS = 0, 1


def _arm_or_disarm(request: CommandRequest) -> int:
    state = request.state
    wish, force = request.params[0], request.params[1]
    if same_number(wish, 1.0):
        forced = same_number(force, arming.FORCE) or same_number(force, arming.FORCE_ARM_ONLY)
        return done_or_failed(ok=arming.arm_vehicle(state, force=forced))
    if abs(wish) < NEARLY:
        return done_or_failed(ok=arming.disarm_vehicle(state, force=same_number(force, arming.FORCE)))
    return UNSUPPORTED


def _run_prearm_checks(request: CommandRequest) -> int:
    state = request.state
    if state.aircraft.motors.armed:
        return TEMPORARILY_REJECTED
    for reason in arming.arming_problems(state):
        state.say(2, f"PreArm: {reason}")
    return ACCEPTED


def _terminate_flight(request: CommandRequest) -> int:
    if not request.params[0] > 0.5:
        return FAILED
    arming.disarm_vehicle(request.state, force=True)
    return ACCEPTED


def _calibrate_sensors(request: CommandRequest) -> int:
    """PREFLIGHT_CALIBRATION: of the motors' interference, else of gyros, barometer, sticks, accelerometers.

    The accelerometers' begins and, as nobody turns the vehicle about, never ends; ArduCopter takes no level
    meanwhile.
    """
    state = request.state
    if state.aircraft.motors.armed or state.calibrations.motors is not None:
        state.say(5, "Disarm to allow calibration")
        return FAILED
    if request.y == 1:
        return _calibrate_motor_interference(request)
    if same_number(request.params[0], 1.0):
        state.say(6, STARTS)
        return ACCEPTED
    if same_number(request.params[2], 1.0):
        state.say(6, "Updating barometer calibration")
        state.say(6, "Barometer calibration complete")
        return ACCEPTED
    state.calibrations.sticks = request.params[3] > 0.0
    if request.x in (TURNED_ABOUT, LEVEL, SIMPLE):
        return _calibrate_accelerometers(state, request.x)
    existing = request.x == ACCEPT_EXISTING or same_number(request.params[1], ACCEPT_EXISTING)
    return ACCEPTED if existing else UNSUPPORTED


def _calibrate_accelerometers(state: State, how: float) -> int:
    """Level or as they lie, or begin to have the vehicle turned about, which keeps the others from it."""
    calibrations, t_s = state.calibrations, state.aircraft.t_s
    if calibrations.accelerometers:
        return ACCEPTED if how == TURNED_ABOUT else TEMPORARILY_REJECTED
    if how != TURNED_ABOUT:
        if t_s - calibrations.accelerometers_done_s < ACCELEROMETERS_REST_S:
            return TEMPORARILY_REJECTED
        calibrations.accelerometers_done_s = t_s
    state.say(6, STARTS)
    calibrations.accelerometers = how == TURNED_ABOUT
    if calibrations.accelerometers:
        state.say(2, "Place vehicle level and press any key.")
    elif how == LEVEL:
        state.say(6, "Trim OK: roll=0.00 pitch=0.00 yaw=0.00")
    return ACCEPTED


def _calibrate_motor_interference(request: CommandRequest) -> int:
    state = request.state
    if arming.compass_fails(state.parameters):
        problem = "Check compass"
    elif state.aircraft.sticks.throttle > 0.0:
        problem = "Throttle not zero"
    elif not state.aircraft.landed:
        problem = "Not landed"
    else:
        state.calibrations.motors = MotorInterference(state.aircraft, request.channel, request.source)
        return ACCEPTED
    state.say(2, problem)
    return TEMPORARILY_REJECTED


def _calibrate_compasses(request: CommandRequest) -> int:
    """DO_START_MAG_CAL, and what gives it up: nothing turns the vehicle about for it to end well."""
    state, mask = request.state, request.params[0]
    if request.command == Command.DO_START_MAG_CAL and state.aircraft.motors.armed:
        state.say(5, "Disarm to allow compass calibration")
        return FAILED
    if not 0.0 <= mask <= 255.0:
        return FAILED
    if request.command == Command.DO_START_MAG_CAL:
        return done_or_failed(ok=state.calibrations.start_compasses(int(mask)))
    if request.command == Command.DO_ACCEPT_MAG_CAL:
        return done_or_failed(ok=state.calibrations.accept_compasses())
    state.calibrations.cancel_compasses(int(mask))
    return ACCEPTED


def _reset_parameters(request: CommandRequest) -> int:
    state = request.state
    if not same_number(request.params[0], ERASE):
        return DENIED
    state.parameters.restore_defaults()
    state.say(4, "All parameters reset, reboot board")
    return ACCEPTED


def _reboot_vehicle(request: CommandRequest) -> int:
    state = request.state
    if state.aircraft.motors.armed and request.y != FORCE_REBOOT:
        return FAILED
    if not same_number(request.params[0], 1.0) and not same_number(request.params[0], 3.0):
        return UNSUPPORTED
    state.rebooting = True
    return ACCEPTED


def _set_safety_switch(request: CommandRequest) -> int:
    wish = request.whole_param(1)
    if wish not in (SAFE, DANGEROUS):
        return DENIED
    request.state.safety_on = wish == SAFE
    return ACCEPTED


def _motor_test(request: CommandRequest) -> int:
    state, test = request.state, request.state.motor_test
    if not test.running and not state.aircraft.landed:
        state.say(2, "Motor Test: vehicle not landed")
        return FAILED
    if not test.running and state.safety_on:
        state.say(2, "Motor Test: Safety switch")
        return FAILED
    test.start_test(
        state.aircraft.t_s,
        kind=request.byte_param(2),
        throttle=request.params[2],
        timeout_s=request.params[3],
        count=cast(request.x, 8),
    )
    return ACCEPTED


def _battery_reset(request: CommandRequest) -> int:
    """BATTERY_RESET: which batteries (bits), how full in per cent."""
    state = request.state
    percent = request.params[1]
    if request.whole_param(1) & 1 and 0.0 <= percent <= 100.0:
        state.aircraft.battery.report_charge(percent / 100.0)
        end_battery_failsafes(state)
    return ACCEPTED


def _set_home(request: CommandRequest) -> int:
    state = request.state
    here = same_number(request.params[0], 1.0) or (request.x == 0 and request.y == 0)
    if not here and not abs(request.params[0]) < NEARLY:
        return FAILED
    if not here and not (request.in_known_frame() and _height_fits(request.z)):
        return DENIED
    over_terrain = not here and request.frame in TERRAIN_FRAMES
    if not state.estimator.position_ok or over_terrain or not (here or request.is_on_earth):
        return FAILED
    actions.set_home(state, request.item)
    state.home_locked = True
    return ACCEPTED


def _set_origin(request: CommandRequest) -> int:
    """DO_SET_GLOBAL_ORIGIN: it is set by the satellites, and once only."""
    nowhere = request.x == 0 and request.y == 0 and request.z == 0.0
    return DENIED if not _height_fits(request.z) or nowhere or not request.is_on_earth else FAILED


def _refuse_position(request: CommandRequest) -> int:
    """EXTERNAL_POSITION_ESTIMATE: not taken while there are satellites."""
    return DENIED if request.frame not in (Frame.GLOBAL, Frame.GLOBAL_INT) or not isnan(request.z) else FAILED


def _height_fits(height_m: float) -> bool:
    return abs(height_m) <= MOST_ALTITUDE_M


GROUND: Mapping[int, Handler] = {
    Command.DO_SET_HOME: _set_home,
    Command.DO_FLIGHTTERMINATION: _terminate_flight,
    Command.DO_MOTOR_TEST: _motor_test,
    Command.PREFLIGHT_CALIBRATION: _calibrate_sensors,
    Command.PREFLIGHT_STORAGE: _reset_parameters,
    Command.PREFLIGHT_REBOOT_SHUTDOWN: _reboot_vehicle,
    Command.COMPONENT_ARM_DISARM: _arm_or_disarm,
    Command.RUN_PREARM_CHECKS: _run_prearm_checks,
    Command.DO_SET_GLOBAL_ORIGIN: _set_origin,
    Command.DO_SET_SAFETY_SWITCH_STATE: _set_safety_switch,
    Command.FIXED_MAG_CAL_YAW: always_answer(ACCEPTED),
    Command.DO_START_MAG_CAL: _calibrate_compasses,
    Command.DO_ACCEPT_MAG_CAL: _calibrate_compasses,
    Command.DO_CANCEL_MAG_CAL: _calibrate_compasses,
    Command.ACCELCAL_VEHICLE_POS: always_answer(FAILED),
    Command.BATTERY_RESET: _battery_reset,
    Command.DEBUG_TRAP: always_answer(DENIED),
    Command.EXTERNAL_POSITION_ESTIMATE: _refuse_position,
}
