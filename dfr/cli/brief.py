"""`dfr brief`: a run on two printed pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.output import emit_json, note, say
from dfr.errors import InputError
from dfr.io.files import write_atomically
from dfr.report.brief import DENSITIES, BriefedRun, brief_html
from dfr.report.pdf import find_chromium, print_within
from dfr.store.origin import recall

app = typer.Typer()

MOST_PAGES = 2


@app.command()
def brief(
    run: Annotated[Path, typer.Argument(help="The --out folder of a rehearsal or simulation.")],
    *,
    out: Annotated[Path, typer.Option(help="brief.html, or brief.pdf where a Chromium is installed.")],
    scenario: Annotated[
        str | None, typer.Option(help="The scenario file, if it was moved since the run.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Put a run on two A4 pages: map, docks, limits by hour, airspace, failure card, crew and checklists.

    A .pdf is printed by a headless Chromium; without one write .html and print it from any browser.
    """
    kind = out.suffix.lower()
    if kind not in (".html", ".pdf"):
        raise InputError(f"--out {out}: a brief is .html or .pdf -> choose one of these endings")
    browser = find_chromium() if kind == ".pdf" else None
    if kind == ".pdf" and browser is None:
        raise InputError(
            f"--out {out}: no Chromium found to print a PDF -> install chromium (or set DFR_CHROMIUM), "
            f"or write {out.with_suffix('.html').name} and print it from any browser: it is laid out for A4"
        )
    found = recall(run, scenario=scenario)
    briefed = BriefedRun(world=found.world, plan=found.plan, seed=found.seed, summary=found.summary)
    count: int | None = None
    if browser is None:
        write_atomically(out, brief_html(briefed))
    else:
        note(f"printing with {browser} ...")
        pdf, count = print_within(
            lambda density: brief_html(briefed, density=density), DENSITIES, most=MOST_PAGES, browser=browser
        )
        write_atomically(out, pdf)
        if count > MOST_PAGES:
            note(f"the brief has {count} pages: this deployment does not fit on {MOST_PAGES}")
    if as_json:
        emit_json({"brief": str(out), "pages": count, "scenario": found.plan.scenario})
    else:
        say(f"brief: {out.resolve()}")
