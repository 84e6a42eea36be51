"""`dfr catalogue`: shows the known drones and docks, or a team's own, each figure with its source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dfr.aircraft.catalogue import Dock, Drone, Figure, build_own_drone, list_docks, list_drones
from dfr.cli.output import AsJson, emit_json, say
from dfr.errors import InputError
from dfr.io.own_drone_files import read_own_drone

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def catalogue(
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            help="Drones and docks to show in full, and files of a team's own drones; "
            "if not given, dfr shows a summary of all."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show drones and docks: each figure with its unit, and whether it has a source or is assumed."""
    own = {key: build_own_drone(read_own_drone(Path(key))) for key in keys or [] if Path(key).is_file()}
    known: Mapping[str, Drone | Dock] = {**list_drones(), **list_docks(), **own}
    for key in keys or []:
        if key not in known:
            raise InputError(
                f"no drone or dock {key!r} in the catalogue", do=f"use one of: {', '.join(known)}"
            )
    rows = {known[key].key: known[key] for key in keys or known}
    if as_json:
        emit_json({key: _row_document(row) for key, row in rows.items()})
        return
    for key, row in rows.items():
        if keys:
            _print_figures(row)
        else:
            counts = Counter(figure.source_status for figure in row.figures().values())
            said = ", ".join(f"{count} {status}" for status, count in counts.most_common())
            say(f"{key:<22} {row.name}: {said}")


def _row_document(row: Drone | Dock) -> dict[str, object]:
    kind = "drone" if isinstance(row, Drone) else "dock"
    figures = {name: asdict(figure) for name, figure in row.figures().items()}
    return {"kind": kind, "name": row.name, "figures": figures}


def _print_figures(row: Drone | Dock) -> None:
    say(f"{row.key}: {row.name}")
    for name, figure in row.figures().items():
        say(f"  {name:<26} {_value_text(figure):<14} {figure.source_status}")


def _value_text(figure: Figure) -> str:
    if figure.value is None:
        return "-"
    return f"{figure.value:g}" if figure.unit == "1" else f"{figure.value:g} {figure.unit}"
