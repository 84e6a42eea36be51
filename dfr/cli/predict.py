"""`dfr predict`: predicts times and energy of sorties in wind, from JSON lines to a JSON array."""

from __future__ import annotations

import codecs
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dfr.aircraft.cases import predict_cases, read_cases
from dfr.cli.output import say
from dfr.io.files import read_bounded

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def predict(
    cases: Annotated[Path, typer.Argument(help="File of JSON Lines: one sortie on each line.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on stdout.")] = False,
) -> None:
    """Predict times and energy of sorties in wind.

    Each line of the file is a JSON object. It needs distance_m, bearing_deg and height_m, and may have:

    \b
      cruise_mps            speed wanted; if not given, that of params or of the drone
      wind_mps (0), wind_from_deg (0)
      wind_profile          "none", "sqrt60" (as in ArduPilot SITL) or "log"
      roughness_m           roughness of the ground for "log" (0.03)
      turbulence_intensity  gusts over mean wind (0: mean wind only)
      temperature_c (15), hover_s (0)
      reserve_fraction      share of the battery kept for landing (0.2)
      battery_health        capacity over that of a new battery (1)
      drone                 a key of `dfr catalogue`
      params                ArduPilot parameters: {"WPNAV_SPEED": 800}
      up_s                  seconds that a simulator has run at lift-off (42)
      scene_heading_deg     true heading on scene, where the camera looks aside

    The answer has the seconds and the energy of each phase, and:

    \b
      reachable             whether wind, speed and tilt allow the sortie
      limited_by            what limits it
      return_by_s           seconds after lift-off at which the drone must
                            have turned back to land with its reserve;
                            below 0 if even the way out is too long
      params_passed_over    parameters that change no time here

    If times differ from flight to flight, it also has:

    \b
      scatter_by            why: "gusts", "nose" (the heading after the hover)
                            or "rounding" (the corner after the climb)
      out_sd_s, back_sd_s   standard deviations
      out_early_s, out_late_s, back_early_s, back_late_s
                            nine flights in ten arrive, and return,
                            between these
      may_not_return        more than one flight in twenty may never return

    Then back_s is what most flights come near, and return_by_s allows for the latest.
    """
    data = read_bounded(cases).removeprefix(codecs.BOM_UTF8)  # as some editors begin a file
    results = predict_cases(read_cases(data, name=str(cases)))
    if as_json:
        rows = ",\n".join(json.dumps(result, allow_nan=False) for result in results)
        sys.stdout.write(f"[{rows}]\n")
        return
    for line, result in enumerate(results, start=1):
        say(f"{line:>5}  " + _result_text(result))


def _result_text(result: dict[str, Any]) -> str:
    if not result["reachable"]:
        return f"not reachable: limited by {result['limited_by']}"
    seconds = " ".join(
        f"{name[:-2]} {result[name]:.1f}"
        for name in ("climb_s", "out_s", "hover_s", "back_s", "land_s", "total_s")
    )
    said = f"{seconds} s, {result['energy_wh']:.1f} Wh, limited by {result['limited_by']}"
    if "params_passed_over" in result:
        said += f", passed over: {', '.join(result['params_passed_over'])}"
    said += _spread_text(result)
    return said + (", MORE THAN THE BATTERY HOLDS above its reserve" if _beyond_battery(result) else "")


def _spread_text(result: dict[str, Any]) -> str:
    """How the time differs from flight to flight; '' if it does not."""
    if "scatter_by" not in result:
        return ""
    by = ", ".join(result["scatter_by"])
    if result["may_not_return"]:
        return f", back in {result['back_early_s']:.1f} s or more: MAY NOT COME BACK ({by})"
    early, late = result["back_early_s"], result["back_late_s"]
    return f", back in {early:.1f} to {late:.1f} s nine times in ten ({by})"


def _beyond_battery(result: dict[str, Any]) -> bool:
    if result["return_by_s"] is None:
        return False
    turned_s = sum(result[phase] for phase in ("climb_s", "out_s", "hover_s"))
    return bool(result["return_by_s"] < turned_s)
