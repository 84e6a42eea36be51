"""`dfr landing`: simulates landings in gusts, and finds the limits of a dock (--envelope)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from dfr.aircraft import catalogue
from dfr.aircraft.landing_study import ASSUMPTIONS, AXES, Axis, LandingAir, LandingStudy, study_envelope
from dfr.aircraft.precision import PRECISION_PARAMETERS
from dfr.aircraft.redundancy import motor_out
from dfr.aircraft.settings import PARAMETERS
from dfr.api.prediction import landing_study
from dfr.cli.output import AsJson, emit_json, note, say, show_progress
from dfr.cli.sitl_options import parse_parameter
from dfr.cli.stopping import explain_stop
from dfr.errors import InputError, StoppedError
from dfr.scenario.model import Guidance
from dfr.world.wakes import ASSUMPTION, LocalWind, UpwindObstacle, gusty_wind_behind

app = typer.Typer(add_completion=False, rich_markup_mode=None)

ENVELOPES = {
    Axis.WIND: ("envelope", "m/s"),
    Axis.GUST: ("gust_envelope", "turbulence intensity"),
    Axis.RAIN: ("rain_envelope", "mm/h"),
}
"""The name in the document and the unit of each axis."""

MOST_TRIALS = 1_000_000
OBSTACLE_DISTANCE_M = 50.0

NOSES_DEG, NOSE_TRIALS = {"nose_on_wind": 0.0, "nose_aslant": 45.0}, 1000
"""Angles to the wind with the most drag, as abeam, and with the least; how many landings tell of each."""


@app.command()
def landing(  # noqa: PLR0917 - one parameter for each option
    drone: Annotated[str, typer.Option(help="Drone: a key of `dfr catalogue`.")] = "arducopter-sitl-quad",
    dock: Annotated[str, typer.Option(help="Dock: a key of `dfr catalogue`.")] = "open-pad",
    wind_mps: Annotated[float, typer.Option(help="Mean wind over the pad, m/s.")] = 6.0,
    turbulence_intensity: Annotated[
        float,
        typer.Option(help="Turbulence intensity: the standard deviation of the gusts over the mean wind."),
    ] = 0.17,
    guidance: Annotated[
        Guidance,
        typer.Option(help="What guides the descent: satellites (gnss) or a marker on the dock (precision)."),
    ] = Guidance.GNSS,
    trials: Annotated[int, typer.Option(help="Number of landings to simulate.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same landings.")] = 1,
    retries: Annotated[int, typer.Option(help="How often a drone may abort a landing and try again.")] = 0,
    rain_mm_h: Annotated[float, typer.Option(help="Rain, mm/h; its effect is assumed.")] = 0.0,
    obstacle_height_m: Annotated[
        float | None, typer.Option(help="Height of a stage or stand upwind of the dock, m.")
    ] = None,
    obstacle_distance_m: Annotated[
        float | None, typer.Option(help="How far upwind of the dock it stands, m; 50 if not given.")
    ] = None,
    nose_off_wind_deg: Annotated[
        float | None,
        typer.Option(help="Angle of the nose to the wind, 0 to 90 degrees; random if not given."),
    ] = None,
    param: Annotated[
        list[str] | None, typer.Option(help="ArduPilot parameter of the descent, NAME=VALUE. Repeatable.")
    ] = None,
    envelope: Annotated[
        bool,
        typer.Option(
            "--envelope",
            help="Show the share of landings in the dock over wind, gusts and rain, with 95 % intervals.",
        ),
    ] = False,
    plot: Annotated[Path | None, typer.Option(help="With --envelope: write a plot to this SVG file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate landings in gusts and report how they end."""
    _check_ranges(wind_mps, turbulence_intensity, trials, seed, retries)
    _check_rain_and_nose(rain_mm_h, nose_off_wind_deg)
    if plot is not None and not envelope:
        raise InputError("--plot needs --envelope", do="give both, or leave out --plot")
    params = _parse_parameters(param or [])
    flown, pad = catalogue.find_drone(drone), catalogue.find_dock(dock)
    air, assumed = _air_over_pad(
        wind_mps, turbulence_intensity, rain_mm_h, obstacle_height_m, obstacle_distance_m
    )
    assumed.append(_heading_assumed(nose_off_wind_deg))
    asked = _Landings(
        drone=flown,
        dock=pad,
        guidance=guidance,
        air=air,
        trials=trials,
        seed=seed,
        retries=retries,
        nose_off_wind_deg=nose_off_wind_deg,
        params=params,
    )
    about: dict[str, object] = {
        "drone": drone,
        "dock": dock,
        "guidance": guidance.value,
        "turbulence_intensity": air.turbulence_intensity,
        "rain_mm_h": rain_mm_h,
        "seed": seed,
        "params": params,
        "motor_out": asdict(motor_out(flown)),
        "assumptions": assumed,
        "wind_mps": air.wind_mps,
    }
    if not envelope:
        found = {**asked.run_study().as_dict(), **asked.heading_effect()}
        _print_document({**about, **found}, as_json=as_json)
        return
    rows = asked.run_envelope(as_json=as_json)
    if plot is not None:
        _write_plot(plot, rows, f"{flown.name} on {pad.name}, {guidance.value}", air)
    _print_document({**about, **{ENVELOPES[axis][0]: rows[axis] for axis in Axis}}, as_json=as_json)


Rows = dict[Axis, list[dict[str, object]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Landings:
    """The landings asked for, flown in one air or over a range of it."""

    drone: catalogue.Drone
    dock: catalogue.Dock
    guidance: Guidance
    air: LandingAir
    trials: int
    seed: int
    retries: int
    nose_off_wind_deg: float | None
    params: Mapping[str, float]

    def run_study(self) -> LandingStudy:
        """The statistics of the landings in this air."""
        with explain_stop(lambda: "nothing is kept of an unfinished study -> fewer --trials finish sooner"):
            return landing_study(
                self.drone.key,
                self.dock.key,
                guidance=self.guidance,
                wind_mps=self.air.wind_mps,
                turbulence_intensity=self.air.turbulence_intensity,
                trials=self.trials,
                seed=self.seed,
                retries=self.retries,
                rain_mm_h=self.air.rain_mm_h,
                nose_off_wind_deg=self.nose_off_wind_deg,
                params=self.params,
            )

    def heading_effect(self) -> dict[str, object]:
        """How landings end with the nose on the wind and at 45 degrees to it; nothing if that is given."""
        if self.nose_off_wind_deg is not None:
            return {}
        ends: dict[str, object] = {}
        for name, angle_deg in NOSES_DEG.items():
            trials = min(self.trials, NOSE_TRIALS)
            study = replace(self, nose_off_wind_deg=angle_deg, trials=trials).run_study()
            ends[name] = {"success": study.docked / trials, "p95_error_m": study.error_p95_m}
        return ends

    def run_envelope(self, *, as_json: bool) -> Rows:
        """The success rate along each axis; Ctrl-C prints the axes that are finished."""
        rows: Rows = {}
        try:
            for axis in Axis:
                rows[axis] = self._envelope_over(axis)
        except KeyboardInterrupt as stop:
            raise StoppedError(_finished_words(rows, as_json=as_json)) from stop
        return rows

    def _envelope_over(self, axis: Axis) -> list[dict[str, object]]:
        with show_progress(f"landings over {axis.name.lower()}", len(AXES[axis])) as done:
            return study_envelope(
                axis,
                self.air,
                drone=self.drone,
                dock=self.dock,
                guidance=self.guidance,
                trials=self.trials,
                seed=self.seed,
                retries=self.retries,
                nose_off_wind_deg=self.nose_off_wind_deg,
                params=self.params,
                done=done,
            )


def _heading_assumed(nose_off_wind_deg: float | None) -> str:
    if nose_off_wind_deg is not None:
        return f"the nose is {nose_off_wind_deg:g} degrees off the line of the wind (given)"
    return (
        "the nose is at a random angle to the wind and then drifts in a hover, nearly abeam from 5 m/s up "
        "(assumed); near the tilt limit that angle decides how landings end: see nose_on_wind and nose_aslant"
    )


def _air_over_pad(
    wind_mps: float, intensity: float, rain_mm_h: float, obstacle_m: float | None, distance_m: float | None
) -> tuple[LandingAir, list[str]]:
    """The air over the pad, behind an obstacle if one stands upwind, and what is assumed about it."""
    assumed = list(ASSUMPTIONS)
    if obstacle_m is None and distance_m is not None:
        raise InputError("--obstacle-distance-m without an obstacle", do="give --obstacle-height-m too")
    if obstacle_m is not None:
        distance_m = OBSTACLE_DISTANCE_M if distance_m is None else distance_m
        _in_range("--obstacle-height-m", obstacle_m, 0.5, 200.0)
        _in_range("--obstacle-distance-m", distance_m, 1.0, 10_000.0)
        local = gusty_wind_behind(
            LocalWind(speed_mps=wind_mps, intensity=intensity),
            UpwindObstacle(height_m=obstacle_m, distance_m=distance_m),
        )
        wind_mps, intensity = local.speed_mps, min(local.intensity, 1.0)
        assumed.append(ASSUMPTION)
    return LandingAir(wind_mps=wind_mps, turbulence_intensity=intensity, rain_mm_h=rain_mm_h), assumed


def _check_ranges(wind_mps: float, intensity: float, trials: int, seed: int, retries: int) -> None:
    for name, value, least, most in (
        ("--wind-mps", wind_mps, 0.0, 40.0),
        ("--turbulence-intensity", intensity, 0.0, 1.0),
        ("--trials", trials, 1, MOST_TRIALS),
        ("--seed", seed, 0, 2**63 - 1),
        ("--retries", retries, 0, 20),
    ):
        _in_range(name, value, least, most)


def _check_rain_and_nose(rain_mm_h: float, nose_off_wind_deg: float | None) -> None:
    _in_range("--rain-mm-h", rain_mm_h, 0.0, 200.0)
    if nose_off_wind_deg is not None:
        _in_range("--nose-off-wind-deg", nose_off_wind_deg, 0.0, 90.0)


def _parse_parameters(given: list[str]) -> dict[str, float]:
    """Parameters by name. Raises InputError if one is not NAME=number or affects no landing."""
    found: dict[str, float] = {}
    for text in given:
        name, value = parse_parameter(text)
        if name in found:
            raise InputError(f"--param {name}: is given twice", do="give one of them")
        found[name] = value
        if name not in PARAMETERS and name not in PRECISION_PARAMETERS:
            known = ", ".join(PRECISION_PARAMETERS)
            raise InputError(
                f"--param {name}: has no effect on a landing here", do=f"give WPNAV_, PSC_, LAND_, {known}"
            )
        if not math.isfinite(found[name]):
            raise InputError(f"--param {name}: {value} is not finite", do="give a number")
    return found


def _in_range(name: str, value: float, least: float, most: float) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise InputError(f"{name}: {value} is out of range", do=f"give {least:g} to {most:g}")


def _write_plot(path: Path, rows: Rows, title: str, air: LandingAir) -> None:
    from dfr.report.landing_charts import write_envelope_svg

    write_envelope_svg(path, rows, title, air)
    note(f"wrote {path}")


def _print_document(document: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        emit_json(document)
        return
    if ENVELOPES[Axis.WIND][0] in document:
        for axis, (name, _) in ENVELOPES.items():
            rows = document[name]
            assert isinstance(rows, list)
            _print_rows(axis, rows)
        _print_each({"assumptions": document["assumptions"]})
        return
    _print_each(document)


def _print_each(document: dict[str, object]) -> None:
    """One line for each value, and for each item of a list."""
    for name, value in document.items():
        for each in value if isinstance(value, list) else [value]:
            say(f"{name}: {_value_text(each)}")


def _value_text(value: object) -> str:
    """A value for people, to four figures.

    >>> _value_text({"median": 0.188640, "p95": None, "down": True})
    'median 0.1886, p95 none, down yes'
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value_text(each)}" for name, each in value.items()) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)


def _print_rows(axis: Axis, rows: list[dict[str, object]]) -> None:
    for row in rows:
        rate = row["success"]
        assert isinstance(rate, dict)
        band = f"({rate['low']:.1%} to {rate['high']:.1%})"
        running = f"landed but not disarmed {row['landed_not_disarmed']:.1%}"
        say(f"{row[axis.value]:6.2f} {ENVELOPES[axis][1]}  docked {rate['rate']:6.1%}  {band}  {running}")


def _finished_words(rows: Rows, *, as_json: bool) -> str:
    """What to say when somebody stops an envelope, after printing the axes that are finished."""
    if as_json or not rows:
        return "stopped: nothing is kept of an unfinished envelope -> fewer --trials finish sooner"
    for axis, found in rows.items():
        _print_rows(axis, found)
    done = ", ".join(axis.name.lower() for axis in rows)
    return f"stopped: what was finished is printed (over {done}) -> fewer --trials finish sooner"
