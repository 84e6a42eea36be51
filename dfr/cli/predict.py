"""`dfr predict CASES.jsonl`: times and energy of sorties in wind, one JSON object a line in, one out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.aircraft.cases import predict_cases, read_cases
from dfr.cli.output import emit_json, say
from dfr.io.files import read_bounded

app = typer.Typer()


@app.command()
def predict(
    cases: Annotated[Path, typer.Argument(help="JSON Lines: one sortie a line.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on stdout.")] = False,
) -> None:
    """Predict times and energy of sorties in wind."""
    results = predict_cases(read_cases(read_bounded(cases), name=str(cases)))
    if as_json:
        emit_json(results)
        return
    for line, result in enumerate(results, start=1):
        say(f"{line:>5}  " + _words(result))


def _words(result: dict[str, object]) -> str:
    if not result["reachable"]:
        return f"unreachable: limited by {result['limited_by']}"
    seconds = " ".join(
        f"{name[:-2]} {result[name]:.1f}" for name in ("climb_s", "out_s", "back_s", "land_s", "total_s")
    )
    return f"{seconds} s, {result['energy_wh']:.1f} Wh, limited by {result['limited_by']}"
