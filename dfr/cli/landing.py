"""`dfr landing`: touchdown statistics in gusts, and the envelope of a dock."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dfr.aircraft import catalogue
from dfr.aircraft.landing_study import study_landings, wilson
from dfr.aircraft.redundancy import motor_out
from dfr.cli.output import emit_json, note, progress, say
from dfr.errors import InputError
from dfr.scenario.model import Guidance

app = typer.Typer()

ENVELOPE_WINDS_MPS = tuple(float(speed) for speed in range(0, 17))
MOST_TRIALS = 1_000_000


@app.command()
def landing(  # noqa: PLR0917 - one parameter for each option
    drone: Annotated[str, typer.Option(help="Key of the hardware catalogue.")] = "arducopter-sitl-quad",
    dock: Annotated[str, typer.Option(help="Key of the hardware catalogue.")] = "open-pad",
    wind_mps: Annotated[float, typer.Option(help="Mean wind over the pad, m/s.")] = 6.0,
    turbulence_intensity: Annotated[float, typer.Option(help="Gust deviation over mean wind.")] = 0.17,
    guidance: Annotated[Guidance, typer.Option(help="What guides the descent.")] = Guidance.GNSS,
    trials: Annotated[int, typer.Option(help="Landings to fly.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same landings.")] = 1,
    retries: Annotated[int, typer.Option(help="How often a director may go round; 0: never.")] = 0,
    envelope: Annotated[bool, typer.Option("--envelope", help="Success over wind, 95 % band.")] = False,
    plot: Annotated[Path | None, typer.Option(help="With --envelope: write the plot as SVG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Fly landings in gusts and say how they end."""
    _check(wind_mps, turbulence_intensity, trials, seed, retries)
    flown, pad = catalogue.drone(drone), catalogue.dock(dock)
    about: dict[str, object] = {
        "drone": drone,
        "dock": dock,
        "guidance": guidance.value,
        "turbulence_intensity": turbulence_intensity,
        "seed": seed,
        "motor_out": asdict(motor_out(flown)),
    }
    if envelope:
        rows = _envelope(
            flown, pad, guidance, intensity=turbulence_intensity, trials=trials, seed=seed, retries=retries
        )
        if plot is not None:
            _plot(plot, rows, f"{flown.name} on {pad.name}, {guidance.value}, Iu {turbulence_intensity:g}")
        _print({**about, "envelope": rows}, as_json=as_json)
        return
    study = study_landings(
        flown,
        pad,
        guidance,
        wind_mps=wind_mps,
        turbulence_intensity=turbulence_intensity,
        trials=trials,
        seed=seed,
        retries=retries,
    )
    _print({**about, "wind_mps": wind_mps, **study.as_dict()}, as_json=as_json)


def _check(wind_mps: float, intensity: float, trials: int, seed: int, retries: int) -> None:
    for name, value, least, most in (
        ("--wind-mps", wind_mps, 0.0, 40.0),
        ("--turbulence-intensity", intensity, 0.0, 1.0),
        ("--trials", trials, 1, MOST_TRIALS),
        ("--seed", seed, 0, 2**63 - 1),
        ("--retries", retries, 0, 20),
    ):
        if not (math.isfinite(value) and least <= value <= most):
            raise InputError(f"{name}: {value} is out of range -> give {least:g} to {most:g}")


def _envelope(
    drone: catalogue.Drone,
    dock: catalogue.Dock,
    guidance: Guidance,
    *,
    intensity: float,
    trials: int,
    seed: int,
    retries: int,
) -> list[dict[str, object]]:
    each = max(100, trials // len(ENVELOPE_WINDS_MPS))
    rows: list[dict[str, object]] = []
    with progress("landings", len(ENVELOPE_WINDS_MPS)) as done:
        for number, wind in enumerate(ENVELOPE_WINDS_MPS, start=1):
            study = study_landings(
                drone,
                dock,
                guidance,
                wind_mps=wind,
                turbulence_intensity=intensity,
                trials=each,
                seed=seed,
                retries=retries,
                dt_s=0.04,
            )
            low, high = wilson(study.docked, study.trials)
            rows.append(
                {
                    "wind_mps": wind,
                    "success": {"rate": study.docked / study.trials, "low": low, "high": high},
                    "landed_not_disarmed": study.not_disarmed / max(study.landed, 1),
                    "causes": study.causes,
                }
            )
            done(number)
    return rows


def _plot(path: Path, rows: list[dict[str, object]], title: str) -> None:
    from dfr.report.landing_plot import envelope_svg

    envelope_svg(path, rows, title)
    note(f"wrote {path}")


def _print(document: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        emit_json(document)
        return
    rows = document.get("envelope")
    if isinstance(rows, list):
        for row in rows:
            rate = row["success"]
            band = f"({rate['low']:.1%} to {rate['high']:.1%})"
            say(f"{row['wind_mps']:5.1f} m/s  docked {rate['rate']:6.1%}  {band}")
        return
    for name, value in document.items():
        say(f"{name}: {value}")
