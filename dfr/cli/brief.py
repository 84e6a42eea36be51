"""`dfr brief`: prints a run on two pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.options import VerdictOptions, with_option_groups
from dfr.cli.output import AsJson, emit_json, note, print_verdict, say
from dfr.errors import InputError, NonCompliantError
from dfr.io.files import write_atomically
from dfr.report.brief import FITTINGS, BriefedRun, brief_html
from dfr.report.pdf import find_chromium, print_within
from dfr.store.origin import load_run, on_the_day_of

app = typer.Typer(add_completion=False, rich_markup_mode=None)

MOST_PAGES = 2


@app.command()
@with_option_groups
def brief(
    run: Annotated[Path, typer.Argument(help="The --out folder of a rehearsal or simulation.")],
    *,
    out: Annotated[
        Path, typer.Option(help="File to write: brief.html, or brief.pdf where Chromium is installed.")
    ],
    scenario: Annotated[
        str | None, typer.Option(help="The scenario file, if it has moved since the run.")
    ] = None,
    options: VerdictOptions,
    as_json: AsJson = False,
) -> None:
    """Print a run on two A4 pages: map, docks, limits by hour, airspace, failure card, crew and checklists.

    If you give weather or NOTAMs of the day, dfr judges hours and findings by them. The docks stay those of
    the run. A .pdf needs Chromium; without it, write .html and print that from any browser.

    The exit code is 0 for GO and 3 for NO GO and UNKNOWN. The brief is written in each case.
    """
    kind = out.suffix.lower()
    if kind not in (".html", ".pdf"):
        raise InputError(f"--out {out}: a brief is .html or .pdf", do="choose one of these endings")
    browser = find_chromium() if kind == ".pdf" else None
    if kind == ".pdf" and browser is None:
        raise InputError(
            f"--out {out}: no Chromium found to print a PDF",
            do="install chromium (or set DFR_CHROMIUM), "
            f"or write {out.with_suffix('.html').name} and print it from any browser: it is laid out for A4",
        )
    found = load_run(run, scenario=scenario)
    found = on_the_day_of(found, options.files) if options.files else found
    verdict = options.verdict(found.world, found.plan)
    briefed = BriefedRun(
        world=found.world, plan=found.plan, seed=found.seed, summary=found.summary, verdict=verdict
    )
    count: int | None = None
    if browser is None:
        write_atomically(out, brief_html(briefed))
    else:
        note(f"printing with {browser} ...")
        pdf, count = print_within(
            lambda fitting: brief_html(briefed, fitting), FITTINGS, most=MOST_PAGES, browser=browser
        )
        write_atomically(out, pdf)
        if count > MOST_PAGES:
            note(f"the brief has {count} pages: this deployment does not fit on {MOST_PAGES}")
    if as_json:
        emit_json(
            {
                "brief": str(out),
                "pages": count,
                "scenario": found.plan.scenario,
                "go": verdict.go,
                "verdict": verdict.as_dict(),
            }
        )
    else:
        print_verdict(verdict)
        say(f"brief: {out.resolve()}")
    if not verdict.go:
        raise typer.Exit(NonCompliantError.exit_code)
