"""What a drone that nobody has built yet would do: power, endurance, wind, a lost motor, noise, impact.

Start from `study_airframe`. A design (`AirframeDesign`) becomes a row of the catalogue, which every verb can
fly, and figures with the basis of each. Where a design states no efficiency, hover power is momentum theory
over the figure of merit of the makers' drones in the catalogue; `predict_makers_hover` shows how far that
misses each of them when it is left out.

Sources: coaxial rotors, Leishman and Syal 2008 (interference factor 1.22 at balanced torques, from memory);
sound power of class C2, Commission Delegated Regulation (EU) 2019/945, annex, part 15; propellers in ice,
Han and others 2023 (Cold Regions Science and Technology 207:103775).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from dfr.aircraft.catalogue import Dock, Drone, build_own_drone, find_drone
from dfr.aircraft.energy import (
    HOVER_OVER_FLIGHT,
    USABLE_FRACTION,
    figure_of_merit,
    forward_power_w,
    hover_power_w,
    usable_wh,
)
from dfr.aircraft.landing_study import Axis, LandingAir, study_envelope
from dfr.aircraft.redundancy import THRUST_KEPT, MotorOut, control_left, motor_out
from dfr.aircraft.rotor_layouts import RotorLayout
from dfr.aircraft.trim import Airframe, air_density, airframe_of, airspeed_at_tilt
from dfr.scenario.model import Guidance
from dfr.scenario.own_drone import OwnDrone, OwnFigure
from dfr.statistics import t_value
from dfr.units import GRAVITY_MPS2
from dfr.world.weather import gust_factor

COAXIAL_POWER = 1.22
"""Induced power of a coaxial pair over that of two rotors apart (Leishman and Syal 2008 [M])."""

OPEN_INTENSITY = 0.17
"""Turbulence intensity at 10 m over open ground (log law)."""

DOCKED_SHARE = 0.95
"""Share of landings in the dock at the highest wind of the landing envelope (assumed)."""

ENVELOPE_TRIALS = 3400
ENVELOPE_SEED = 1

ICING_POWER = 1.8
"""Power in ice over power without: one flight test, of another airframe (Han and others 2023)."""

C2_SOUND_DBA = 81.0
C2_MASS_KG = 0.9
C2_SLOPE_DB = 18.5
"""Sound power that class C2 allows: 81 dB(A) + 18.5 lg(mass / 0.9 kg) ((EU) 2019/945, annex, part 15)."""

CROWD_M = 50.0
"""Distance to people at which the noise is stated (assumed)."""

MAKERS = ("dji-m3td", "dji-m4td", "dji-m30t", "skydio-x10", "brinc-responder")
"""The drones of the catalogue that somebody sells, each with an endurance on its sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AirframeDesign:
    """A drone on paper. None: not stated, and assumed as the study says.

    `empty_kg` is everything but battery and camera; `motor_thrust_n` the most thrust of one motor with its
    propeller; `hover_g_per_w` what the maker of the motors states near hover thrust. Figures of which a
    design says nothing are those of the drone `based_on`.
    """

    key: str
    name: str
    layout: RotorLayout
    based_on: str
    dock: str
    empty_kg: float
    rotor_diameter_m: float
    motor_thrust_n: float
    battery_wh: float
    battery_wh_per_kg: float
    battery_v: float
    camera_kg: float
    camera_w: float
    tilt_limit_deg: float
    rain_thrust_loss: float
    wheelbase_m: float | None = None
    drag_area_m2: float | None = None
    hover_g_per_w: float | None = None
    sound_power_dba: float | None = None
    climb_mps: float | None = None
    descent_mps: float | None = None
    height_m: float | None = None
    footprint_m: float | None = None
    min_temperature_c: float | None = None
    max_temperature_c: float | None = None

    @property
    def mass_kg(self) -> float:
        """Take-off mass."""
        return self.empty_kg + self.camera_kg + self.battery_wh / self.battery_wh_per_kg

    @property
    def thrust_to_weight(self) -> float:
        """Most thrust of all motors over the weight."""
        return self.layout.rotors * self.motor_thrust_n / (self.mass_kg * GRAVITY_MPS2)

    @property
    def disc_area_m2(self) -> float:
        """The area that momentum theory sees; a coaxial pair counts as the single rotors of equal power."""
        each = math.pi * (0.5 * self.rotor_diameter_m) ** 2
        return self.layout.rotors * each / (COAXIAL_POWER**2 if self.layout.coaxial else 1.0)

    def tilt_rad(self, thrust_share: float = 1.0) -> float:
        """The tilt it may fly at: its limit, or what its thrust holds with a tenth kept for gusts."""
        lift = self.thrust_to_weight * thrust_share * THRUST_KEPT
        return min(math.radians(self.tilt_limit_deg), math.acos(1.0 / lift)) if lift > 1.0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFigure:
    """One answer: its value (None where there is none), unit, what it is in words, and what it rests on."""

    name: str
    value: float | None
    unit: str
    what: str
    basis: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AirframeStudy:
    """A design with its row of the catalogue and every answer.

    `landing_rows` are the envelope over wind, as `dfr landing --envelope` gives it.
    """

    design: AirframeDesign
    own: OwnDrone
    drone: Drone
    figures: tuple[StudyFigure, ...]
    motor_out: MotorOut
    landing_rows: tuple[dict[str, object], ...]
    assumptions: tuple[str, ...]

    def value(self, name: str) -> float | None:
        """The value of a figure. Raises KeyError for an unknown name."""
        return {figure.name: figure.value for figure in self.figures}[name]


def fly_landing_envelope(
    design: AirframeDesign,
    dock: Dock,
    *,
    guidance: Guidance = Guidance.PRECISION,
    trials: int = ENVELOPE_TRIALS,
) -> list[dict[str, object]]:
    """Landings of a design in a dock over the wind, in gusts over open ground: see `study_envelope`."""
    return study_envelope(
        Axis.WIND,
        LandingAir(wind_mps=0.0, turbulence_intensity=OPEN_INTENSITY),
        drone=_Row(design).drone(),
        dock=dock,
        guidance=guidance,
        trials=trials,
        seed=ENVELOPE_SEED,
        retries=0,
    )


def study_airframe(
    design: AirframeDesign, landing_rows: Sequence[dict[str, object]], *, cruise_mps: float = 15.0
) -> AirframeStudy:
    """Every answer about a design, its landings given: in still air at sea level and 15 °C."""
    landing_mps = highest_landing_wind_mps(landing_rows)
    own = _Row(design).own(landing_mps)
    drone = build_own_drone(own)
    left = motor_out(drone, thrust_to_weight=design.thrust_to_weight, layout=design.layout)
    share = control_left(design.layout, thrust_to_weight=design.thrust_to_weight)
    figures = (
        *_mass_figures(design, drone),
        *_power_figures(design, drone, cruise_mps),
        *_wind_figures(design, drone, landing_mps),
        *_motor_figures(left, share),
        *_people_figures(design, drone, cruise_mps),
    )
    return AirframeStudy(
        design=design,
        own=own,
        drone=drone,
        figures=figures,
        motor_out=left,
        landing_rows=tuple(landing_rows),
        assumptions=_assumptions(design),
    )


COSTS = (
    "mass_kg", "size_m", "hover_power_w", "hover_min", "range_km", "max_wind_mps", "landing_wind_mps",
    "fall_j",
)  # fmt: skip
"""The figures in which two designs are weighed against each other."""


def weigh_designs(first: AirframeStudy, second: AirframeStudy) -> dict[str, float]:
    """The second design against the first in each of `COSTS`, as a share: 0.2 is a fifth more."""
    values = {name: (first.value(name), second.value(name)) for name in COSTS}
    return {name: after / before - 1.0 for name, (before, after) in values.items() if before and after}


def highest_landing_wind_mps(rows: Sequence[dict[str, object]]) -> float:
    """The highest wind of an envelope up to which 95 % or more of the landings succeed; 0 for none."""
    highest = 0.0
    for row in rows:
        success = row["success"]
        assert isinstance(success, dict)
        if success["rate"] < DOCKED_SHARE:
            break
        highest = float(str(row[Axis.WIND.value]))
    return highest


# What the makers' drones show ---------------------------------------------------------------------


@cache
def makers_merit(without: str | None = None) -> tuple[float, float, float]:
    """(figure of merit, low, high) of a drone like the makers': the middle one, and where nine in ten lie.

    >>> merit, low, high = makers_merit()
    >>> low < merit < high
    True
    """
    logs = np.log([figure_of_merit(find_drone(key)) for key in MAKERS if key != without])
    half = t_value(len(logs) - 1, 0.9) * float(logs.std(ddof=1)) * math.sqrt(1.0 + 1.0 / len(logs))
    middle = float(np.median(logs))
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)


def predict_makers_hover() -> list[tuple[str, float, float]]:
    """(name, hover minutes by the figure of merit of the others, by its sheet) of each maker's drone.

    Where a sheet states no hover time, the usual share of its flight time stands for it.
    """
    found = []
    for key in MAKERS:
        drone = find_drone(key)
        stated = drone.hover_min or HOVER_OVER_FLIGHT * (drone.flight_min or math.nan)
        whole = 60.0 * usable_wh(drone, 20.0) / hover_power_w(drone)
        found.append((drone.name, whole * makers_merit(without=key)[0] / figure_of_merit(drone), stated))
    return found


def assumed_drag_area_m2(mass_kg: float) -> float:
    """Drag area of a drone of which nobody states it: the bluffest maker's, by mass to the two thirds."""
    bluffest: float = max(
        airframe_of(find_drone(key)).drag_area_m2 / find_drone(key).mass_kg ** (2.0 / 3.0) for key in MAKERS
    )
    return float(bluffest * mass_kg ** (2.0 / 3.0))


# The row of the catalogue --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A design on its way to a row of the catalogue."""

    design: AirframeDesign

    @property
    def drag_area_m2(self) -> float:
        """Stated, or that of the bluffest maker's."""
        stated = self.design.drag_area_m2
        return assumed_drag_area_m2(self.design.mass_kg) if stated is None else stated

    def airspeed_mps(self, tilt_rad: float) -> float:
        """The airspeed that a tilt holds."""
        base = find_drone(self.design.based_on)
        airframe = Airframe(
            mass_kg=self.design.mass_kg,
            disc_area_m2=self.design.disc_area_m2,
            drag_area_m2=self.drag_area_m2,
            momentum_drag=base.momentum_drag,
        )
        return float(airspeed_at_tilt(airframe, tilt_rad, air_density(0.0)))

    def hover_w(self) -> float:
        """Power of a hover: by the motors' stated efficiency, or by the makers' figure of merit."""
        design = self.design
        if design.hover_g_per_w is not None:
            return 1000.0 * design.mass_kg / design.hover_g_per_w + design.camera_w
        weight = design.mass_kg * GRAVITY_MPS2
        ideal = weight**1.5 / math.sqrt(2.0 * air_density(0.0) * design.disc_area_m2)
        return float(ideal / makers_merit()[0] + design.camera_w)

    def drone(self) -> Drone:
        """The row before its landing wind is known."""
        return build_own_drone(self.own(None, bare=True))

    def flight_min(self) -> float:
        """Endurance at the speed of least power."""
        drone = self.drone()
        powers = forward_power_w(drone, np.linspace(0.0, drone.max_speed_mps, 60))
        return 60.0 * usable_wh(drone, 20.0) / float(powers.min())

    def own(self, landing_mps: float | None, *, bare: bool = False) -> OwnDrone:
        """The row, with the source of each figure; a bare one is without the endurance in flight."""
        design = self.design
        stated, worked_out = "the design", "worked out from the design by dfr airframe"
        top_mps = self.airspeed_mps(design.tilt_rad())
        minutes = 60.0 * USABLE_FRACTION * design.battery_wh / self.hover_w()
        drag_by = stated if design.drag_area_m2 is not None else "assumed: the bluffest maker's, by mass"
        by_source: list[tuple[str, float | None, str]] = [
            ("rotors", float(design.layout.rotors), stated),
            ("mass_kg", design.mass_kg, stated),
            ("disc_area_m2", design.disc_area_m2, worked_out),
            ("rotor_radius_m", 0.5 * design.rotor_diameter_m, stated),
            ("wheelbase_m", self.wheelbase_m, stated if design.wheelbase_m else worked_out),
            ("drag_area_m2", self.drag_area_m2, drag_by),
            ("hover_power_w", self.hover_w(), worked_out),
            ("battery_wh", design.battery_wh, stated),
            ("battery_v", design.battery_v, stated),
            ("tilt_limit_deg", math.degrees(design.tilt_rad()), worked_out),
            ("max_speed_mps", top_mps, worked_out),
            ("max_wind_mps", top_mps / gust_factor(OPEN_INTENSITY), worked_out),
            ("takeoff_landing_wind_mps", landing_mps, worked_out),
            ("hover_min", minutes, worked_out),
            ("flight_min", None if bare else self.flight_min(), worked_out),
            ("climb_mps", design.climb_mps, stated),
            ("descent_mps", design.descent_mps, stated),
            ("height_m", design.height_m, stated),
            ("footprint_m", design.footprint_m, stated),
            ("min_temperature_c", design.min_temperature_c, stated),
            ("max_temperature_c", design.max_temperature_c, stated),
        ]
        figures = tuple(
            OwnFigure(field=name, value=value, measured=False, source=source)
            for name, value, source in by_source
            if value is not None
        )
        return OwnDrone(key=design.key, name=design.name, based_on=design.based_on, figures=figures)

    @property
    def wheelbase_m(self) -> float:
        """Stated, or as short as the discs allow, a tenth of a diameter between them."""
        if self.design.wheelbase_m is not None:
            return self.design.wheelbase_m
        return 1.1 * self.design.rotor_diameter_m / math.sin(math.pi / self.design.layout.discs)


# Answers -------------------------------------------------------------------------------------------


def _mass_figures(design: AirframeDesign, drone: Drone) -> list[StudyFigure]:
    loading = drone.mass_kg * GRAVITY_MPS2 / design.disc_area_m2
    return [
        _figure("mass_kg", drone.mass_kg, "kg", "take-off mass", "empty + camera + battery"),
        _figure("size_m", drone.size_m, "m", "size tip to tip", "wheelbase + a rotor's diameter"),
        _figure(
            "thrust_to_weight", design.thrust_to_weight, "1", "most thrust over weight", "the motors' thrust"
        ),
        _figure("disc_loading_n_m2", loading, "N/m²", "disc loading", "weight over the effective disc area"),
    ]


def _power_figures(design: AirframeDesign, drone: Drone, cruise_mps: float) -> list[StudyFigure]:
    energy = usable_wh(drone, 20.0)
    hover = hover_power_w(drone)
    stated = design.hover_g_per_w is not None
    basis = "the motors' g/W" if stated else "momentum theory, figure of merit of the makers' drones"
    merit, low, high = makers_merit()
    lightest, heaviest = (hover, hover) if stated else (hover * merit / high, hover * merit / low)
    speeds = np.linspace(1.0, drone.max_speed_mps, 80)
    powers = forward_power_w(drone, speeds)
    best = int(np.argmax(speeds / powers))
    cruising = float(forward_power_w(drone, min(cruise_mps, drone.max_speed_mps)))
    minutes = 60.0 * energy

    def ranged(name: str, value: float, ends: tuple[float, float], unit: str, what: str) -> StudyFigure:
        low, high = (None, None) if stated else ends
        return StudyFigure(name=name, value=value, unit=unit, what=what, basis=basis, low=low, high=high)

    return [
        ranged("hover_power_w", hover, (lightest, heaviest), "W", "hover power"),
        ranged("hover_min", minutes / hover, (minutes / heaviest, minutes / lightest), "min", "hover time"),
        _figure("cruise_power_w", cruising, "W", f"power at {cruise_mps:g} m/s", "Glauert's forward flight"),
        _figure("cruise_min", minutes / cruising, "min", f"time at {cruise_mps:g} m/s", "Glauert"),
        _figure("best_range_mps", float(speeds[best]), "m/s", "speed of longest range", "Glauert"),
        _figure(
            "range_km", 3.6 * energy * float(speeds[best] / powers[best]), "km", "longest range", "Glauert"
        ),
        _figure(
            "icing_hover_min",
            minutes / (hover * ICING_POWER),
            "min",
            "hover time in ice",
            f"assumed: {ICING_POWER:g} times the power (one test of another aircraft); no flight is planned",
        ),
    ]


def _wind_figures(design: AirframeDesign, drone: Drone, landing_mps: float) -> list[StudyFigure]:
    row = _Row(design)
    wet = row.airspeed_mps(design.tilt_rad(1.0 - design.rain_thrust_loss))
    return [
        _figure("hold_mps", drone.max_speed_mps, "m/s", "steady wind it can hold", "drag against tilt"),
        _figure(
            "max_wind_mps",
            drone.max_wind_mps,
            "m/s",
            "mean wind whose gusts it can hold",
            f"steady wind over the gust factor of open ground, {gust_factor(OPEN_INTENSITY):.2f}",
        ),
        _figure(
            "rain_hold_mps",
            wet,
            "m/s",
            "steady wind it can hold in rain",
            f"assumed: rain takes {100 * design.rain_thrust_loss:g} % of the thrust",
        ),
        _figure(
            "landing_wind_mps",
            landing_mps,
            "m/s",
            f"mean wind with {100 * DOCKED_SHARE:.0f} % of landings in {design.dock}",
            "simulated landings in gusts over open ground, up to 16 m/s",
        ),
    ]


def _motor_figures(left: MotorOut, share: float) -> list[StudyFigure]:
    basis = "linear programme over the thrusts (Du and others 2015)"
    return [
        _figure(
            "motors_keep_heading",
            left.motors_keep_heading,
            "1",
            "motors whose stop leaves full control",
            basis,
        ),
        _figure(
            "motors_keep_upright", left.motors_keep_upright, "1", "motors whose stop leaves it upright", basis
        ),
        _figure("control_left", share, "1", "roll and pitch left in the worst direction", basis),
        _figure(
            "motor_out_wind_mps", left.wind_limit_mps, "m/s", "steady wind it can hold, a motor out", basis
        ),
    ]


def _people_figures(design: AirframeDesign, drone: Drone, cruise_mps: float) -> list[StudyFigure]:
    falling = _fall_mps(drone, height_m=CROWD_M)
    stated = design.sound_power_dba
    sound = C2_SOUND_DBA + C2_SLOPE_DB * math.log10(max(drone.mass_kg, C2_MASS_KG) / C2_MASS_KG)
    whose = "as stated" if stated is not None else "assumed as loud as class C2 may be at its mass"
    level = (sound if stated is None else stated) - 20.0 * math.log10(CROWD_M) - 8.0
    return [
        _figure(
            "cruise_j",
            0.5 * drone.mass_kg * cruise_mps**2,
            "J",
            f"kinetic energy at {cruise_mps:g} m/s",
            "m v²/2",
        ),
        _figure(
            "top_j",
            0.5 * drone.mass_kg * drone.max_speed_mps**2,
            "J",
            "kinetic energy at top speed",
            "m v²/2",
        ),
        _figure(
            "fall_j",
            0.5 * drone.mass_kg * falling**2,
            "J",
            f"kinetic energy of a fall from {CROWD_M:g} m",
            "drag area as in flight",
        ),
        _figure(
            "sound_dba",
            level,
            "dB(A)",
            f"hover noise at {CROWD_M:g} m",
            f"{whose}; spherical, over hard ground",
        ),
    ]


def _fall_mps(drone: Drone, *, height_m: float) -> float:
    """Speed after a fall against quadratic drag."""
    airframe = airframe_of(drone)
    per_m = air_density(0.0) * airframe.drag_area_m2 / drone.mass_kg
    if per_m <= 0.0:
        return math.sqrt(2.0 * GRAVITY_MPS2 * height_m)
    return math.sqrt(2.0 * GRAVITY_MPS2 / per_m * -math.expm1(-per_m * height_m))


def _figure(name: str, value: float | None, unit: str, what: str, basis: str) -> StudyFigure:
    return StudyFigure(name=name, value=value, unit=unit, what=what, basis=basis)


def _assumptions(design: AirframeDesign) -> tuple[str, ...]:
    base = find_drone(design.based_on)
    merit, low, high = makers_merit()
    power = (
        f"hover: {design.hover_g_per_w:g} g/W as the design says, at its own thrust"
        if design.hover_g_per_w is not None
        else f"hover: figure of merit {merit:.2f} ({low:.2f} to {high:.2f}), that of the {len(MAKERS)} "
        "makers' drones of the catalogue, their own cameras included"
    )
    guessed = f"{assumed_drag_area_m2(design.mass_kg):.3f} m²"
    drag = (
        "as the design says"
        if design.drag_area_m2 is not None
        else f"{guessed} for {design.name}, the bluffest maker's by mass: measure it in flight"
    )
    found = [
        power,
        f"drag area: {drag}",
        f"a tenth of the thrust is kept for gusts; rain takes {100 * design.rain_thrust_loss:g} % of it",
        f"ice: {ICING_POWER:g} times the power, and no thrust is promised; dfr plans no flight in icing",
        "one motor stops; the autopilot knows it at once and shares the thrust out as well as can be",
        "noise: the level of a hover, by the maker's or the class's sound power; its tones are not counted",
        f"what the design does not say is that of {base.key} ({base.name})",
    ]
    if design.layout.coaxial:
        found.insert(1, f"coaxial pairs take {COAXIAL_POWER:g} times the induced power of rotors apart")
    return tuple(found)
