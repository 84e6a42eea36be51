"""Files of a drone on paper: read by `dfr airframe`, which also writes one to start from."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from dfr.aircraft.airframe_study import AirframeDesign
from dfr.aircraft.catalogue import list_docks, list_drones
from dfr.aircraft.rotor_layouts import LAYOUTS
from dfr.errors import Problem, ScenarioError
from dfr.io.files import read_bounded
from dfr.io.own_drone_files import refuse_known_key
from dfr.io.yaml_reader import MAX_BYTES, read_yaml
from dfr.scenario.schema_checks import explain_error
from dfr.scenario.schema_parts import Strict

LEAST_THRUST_TO_WEIGHT = 1.3
"""With less, nothing is left to hold a wind or a gust with (assumed)."""

EXAMPLE = """\
# A drone on paper: `dfr airframe THIS_FILE` says what it would do. The figures are examples.
key: our-octo
name: Our octocopter
layout: octo              # quad, hexa, hexa-ppnnpn, octo, y6 or x8
based_on: study-hexa      # the drone of dfr's catalogue whose figures stand where this file says nothing
dock: study-dock          # where it lands

empty_kg: 4.1             # frame, motors, propellers, controllers, autopilot: without battery and camera
rotor_diameter_m: 0.457   # 18 inch
motor_thrust_n: 22.0      # most thrust of one motor with its propeller, by its maker's table
battery_wh: 710.0
battery_wh_per_kg: 180.0  # of the whole pack; 150 to 250 are usual
battery_v: 22.2
camera_kg: 0.75           # camera, gimbal and what else it carries
camera_w: 12.0
tilt_limit_deg: 35.0

# Leave these out where you do not know them: dfr assumes, and says what.
# hover_g_per_w: 9.5      # grams of thrust for each watt, by the maker's table, at the thrust of a hover
# drag_area_m2: 0.13      # from flights: dfr log calibrate
# wheelbase_m: 1.1        # diagonal from motor to motor
# sound_power_dba: 92     # measured
# climb_mps: 5.0
# descent_mps: 3.0
# height_m: 0.35
# footprint_m: 0.8        # what stands on the pad
# min_temperature_c: -20
# max_temperature_c: 45
rain_thrust_loss: 0.05    # assumed: there is no trustworthy curve
"""


class AirframeDesignIn(Strict):
    """A drone on paper, as it is written."""

    key: str = Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str = Field(min_length=1, max_length=200)
    layout: str
    based_on: str = "study-hexa"
    dock: str = "study-dock"
    empty_kg: float = Field(ge=0.05, le=500.0)
    rotor_diameter_m: float = Field(ge=0.03, le=5.0)
    motor_thrust_n: float = Field(ge=0.1, le=5000.0)
    battery_wh: float = Field(ge=1.0, le=50_000.0)
    battery_wh_per_kg: float = Field(ge=50.0, le=600.0)
    battery_v: float = Field(ge=3.0, le=1000.0)
    camera_kg: float = Field(ge=0.0, le=200.0)
    camera_w: float = Field(ge=0.0, le=5000.0)
    tilt_limit_deg: float = Field(ge=5.0, le=60.0)
    rain_thrust_loss: float = Field(default=0.05, ge=0.0, le=0.5)
    wheelbase_m: float | None = Field(default=None, ge=0.05, le=20.0)
    drag_area_m2: float | None = Field(default=None, ge=1e-3, le=20.0)
    hover_g_per_w: float | None = Field(default=None, ge=1.0, le=40.0)
    sound_power_dba: float | None = Field(default=None, ge=40.0, le=130.0)
    climb_mps: float | None = Field(default=None, ge=0.2, le=20.0)
    descent_mps: float | None = Field(default=None, ge=0.2, le=20.0)
    height_m: float | None = Field(default=None, ge=0.03, le=5.0)
    footprint_m: float | None = Field(default=None, ge=0.05, le=10.0)
    min_temperature_c: float | None = Field(default=None, ge=-60.0, le=40.0)
    max_temperature_c: float | None = Field(default=None, ge=0.0, le=80.0)


def read_airframe(path: Path) -> AirframeDesign:
    """The design in a file. Raises InputError where it cannot be read, ScenarioError for what is in it."""
    return parse_airframe(read_bounded(path, limit_bytes=MAX_BYTES), name=str(path))


def parse_airframe(data: bytes, *, name: str) -> AirframeDesign:
    """The design in the bytes of a file. Raises ScenarioError with every problem in it."""
    document = read_yaml(data, name=name)
    try:
        written = AirframeDesignIn.model_validate(document.value)
    except ValidationError as error:
        found = [explain_error(item, AirframeDesignIn) for item in error.errors(include_url=False)]
    else:
        found = _complaints(written)
        if not found:
            refuse_known_key(written.key)
            return _to_design(written)
    raise ScenarioError(
        tuple(
            Problem(file=name, line=document.line(path), path=".".join(map(str, path)), what=what, do=do)
            for path, what, do in found
        )
    )


def _to_design(written: AirframeDesignIn) -> AirframeDesign:
    values = dict(written)
    return AirframeDesign(**{**values, "layout": LAYOUTS[written.layout]})


def _complaints(written: AirframeDesignIn) -> list[tuple[tuple[str | int, ...], str, str]]:
    """What the form alone does not show."""
    found: list[tuple[tuple[str | int, ...], str, str]] = []
    for field, known in (("layout", LAYOUTS), ("based_on", list_drones()), ("dock", list_docks())):
        value = getattr(written, field)
        if value not in known:
            found.append(((field,), f"there is no {value!r}", f"use one of: {', '.join(known)}"))
    if found:
        return found
    ratio = _to_design(written).thrust_to_weight
    if ratio < LEAST_THRUST_TO_WEIGHT:
        what = f"all motors together lift {ratio:.2f} times its weight"
        found.append(
            (("motor_thrust_n",), what, f"give it at least {LEAST_THRUST_TO_WEIGHT:g} times its weight")
        )
    return found
