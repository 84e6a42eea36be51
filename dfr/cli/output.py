"""What every verb prints: one JSON document on stdout, or words; progress always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import typer

from dfr.findings import Finding, Severity, by_danger, count_by_severity, finding_text
from dfr.io.files import json_text as json_text  # noqa: PLC0414 - the verbs write files with it
from dfr.link.operator import Operator
from dfr.plan.verdict import Verdict

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def emit_json(document: object) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json_text(document))


def say(text: str) -> None:
    """Print a line for people on stdout."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Print a line about progress on stderr; a closed terminal does not stop the verb."""
    with suppress(OSError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def print_findings(findings: Iterable[Finding], *, quiet: bool) -> None:
    """Print the findings, the most dangerous first, and their counts; `quiet` omits rules that are met."""
    found = by_danger(findings)
    for finding in found:
        if not (quiet and finding.severity is Severity.OK):
            say(finding_text(finding))
    say(f"findings: {count_by_severity(found)}")


def print_verdict(verdict: Verdict) -> None:
    """Print the verdict, the commander's sentence, what is outstanding, and until when a go is valid."""
    for line in verdict.lines:
        say(line)


def operator_at_terminal() -> Operator:
    """The person at this terminal: informed on stderr, and asked if standard input is a terminal too."""
    return Operator(tell=note, confirm=_confirm if sys.stdin.isatty() else None)


def _confirm(question: str) -> bool:
    return typer.confirm(question, err=True)


@contextmanager
def show_progress(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A function that takes the number done and shows it: as a bar on a terminal, else as plain lines."""
    if not sys.stderr.isatty():
        yield _PlainLines(label, total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, completed=done)


class _PlainLines:
    """Prints a line at each tenth."""

    def __init__(self, label: str, total: int | None) -> None:
        self._label, self._total, self._said = label, total, -1
        note(f"{label} ...")

    def __call__(self, done: int) -> None:
        if not self._total:
            return
        tenth = 10 * done // self._total
        if tenth > self._said:
            self._said = tenth
            note(f"{self._label}: {done}/{self._total}")
