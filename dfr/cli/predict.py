"""`dfr predict CASES.jsonl`: times and energy of sorties in wind, one JSON object a line in, an array out."""

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

app = typer.Typer()


@app.command()
def predict(
    cases: Annotated[Path, typer.Argument(help="JSON Lines: one sortie a line.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on stdout.")] = False,
) -> None:
    """Predict times and energy of sorties in wind.

    A line is {"distance_m", "bearing_deg", "height_m", "cruise_mps", "wind_mps", "wind_from_deg",
    "wind_profile": "none" | "sqrt60" | "log", "hover_s", "params": {ARDUPILOT_NAME: value}, "drone"};
    only the first three are required. "temperature_c", "roughness_m" (of the log profile),
    "reserve_fraction" (0.2), "battery_health" (1: capacity over that of a new one), "turbulence_intensity"
    (0: the mean wind alone, gusts cost no time) and "up_s" (42: how long a simulator has been up at the
    lift, whose gyros drift one way and back) may be given too. In the answer "params_passed_over" names
    parameters that bear on no time here, and "return_by_s" is when the drone must have turned home, seconds
    after lift, to land with that reserve. "reachable" is about wind, speed and tilt; a sortie that stays
    past "return_by_s" (negative where even the way is too far) asks more than the battery holds.

    Where times differ from flight to flight, "scatter_by" names what by ("gusts"; "nose": where it drifts on
    scene; "rounding" in the corner out of a climb), "out_sd_s" and "back_sd_s" say how much, nine flights in
    ten are back within "back_early_s" to "back_late_s", and "may_not_return" is true where more than one in
    twenty may never come home. "back_s" is then the time most come near, and "return_by_s" counts on the
    latest.
    """
    data = read_bounded(cases).removeprefix(codecs.BOM_UTF8)  # as some editors begin a file
    results = predict_cases(read_cases(data, name=str(cases)))
    if as_json:
        rows = ",\n".join(json.dumps(result, allow_nan=False) for result in results)
        sys.stdout.write(f"[{rows}]\n")
        return
    for line, result in enumerate(results, start=1):
        say(f"{line:>5}  " + _words(result))


def _words(result: dict[str, Any]) -> str:
    if not result["reachable"]:
        return f"not reachable: limited by {result['limited_by']}"
    seconds = " ".join(
        f"{name[:-2]} {result[name]:.1f}"
        for name in ("climb_s", "out_s", "hover_s", "back_s", "land_s", "total_s")
    )
    said = f"{seconds} s, {result['energy_wh']:.1f} Wh, limited by {result['limited_by']}"
    if "params_passed_over" in result:
        said += f", passed over: {', '.join(result['params_passed_over'])}"
    said += _chance(result)
    return said + (", MORE THAN THE BATTERY HOLDS above its reserve" if _beyond_battery(result) else "")


def _chance(result: dict[str, Any]) -> str:
    """What differs from flight to flight, '' where nothing does."""
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
