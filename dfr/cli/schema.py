"""`dfr schema`: prints the JSON Schema of a scenario, for editors that complete and check while you type."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.output import emit_json, json_text, say
from dfr.io.files import write_atomically
from dfr.scenario.schema import json_schema

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option(help="Write it to a file instead.")] = None,
    _as_json: Annotated[
        bool, typer.Option("--json", help="Accepted, but not needed: the schema is JSON in any case.")
    ] = False,
) -> None:
    """Print the JSON Schema of a scenario."""
    if out is None:
        emit_json(json_schema())
        return
    write_atomically(out, json_text(json_schema()))
    say(f"wrote {out}; name it in an editor's first line: # yaml-language-server: $schema={out}")
