"""`dfr log verify`: checks that the log of a live shift is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.output import AsJson, emit_json, say
from dfr.errors import InputError, NonCompliantError
from dfr.findings import counted_noun
from dfr.store.shift_log import CLOSED, LogCheck, ReadShiftLog, read_shift_log

HASH_DIGITS = 64


def verify(
    shift: Annotated[Path, typer.Argument(help="The folder of the shift, with its log.jsonl.")],
    *,
    head: Annotated[
        str | None,
        typer.Option(help="The last hash that an earlier check printed; dfr looks for it in the log."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that nobody has changed the log of a shift.

    Each line holds the hash of the line before it. dfr names the first line that was changed, removed or
    inserted. Lines cut off the end, or a log written anew, show only if you kept a last hash of an earlier
    check elsewhere: give it with --head.

    Exit codes: 0 not changed, 2 the folder has no log of a shift, 3 changed.
    """
    found = read_shift_log(shift)
    is_there = None if head is None else _holds(found, head)
    closed = bool(found.records) and found.records[-1].kind == CLOSED
    if as_json:
        emit_json({"path": str(shift), **found.check.as_dict(), "head_is_there": is_there, "closed": closed})
    else:
        _print_check(shift, found.check, is_there=is_there, closed=closed)
    if not found.check.is_whole or is_there is False:
        raise typer.Exit(NonCompliantError.exit_code)


def _holds(found: ReadShiftLog, head: str) -> bool:
    wanted = head.strip().lower()
    if len(wanted) != HASH_DIGITS or set(wanted) - set("0123456789abcdef"):
        raise InputError(f"--head {head!r}", do=f"give the {HASH_DIGITS} digits that a check printed")
    return any(record.hash == wanted for record in found.records)


def _print_check(shift: Path, check: LogCheck, *, is_there: bool | None, closed: bool) -> None:
    say(f"{shift}: {check}")
    if check.is_whole and not closed:
        say(
            "it was not closed: its shift runs, its process was killed, or lines were cut off its end"
            " (--head with a hash that you kept tells)"
        )
    if check.personal:
        erased = f"{check.erased} erased, {check.missing} missing without a record of it"
        say(f"personal data: {counted_noun(check.personal, 'record')}, {erased}")
    if is_there is False:
        say("the hash given is not in it: lines were cut off its end, or it was written anew")
    if is_there:
        say("the hash given is in it: all lines up to that one are as they were")
    say(f"last hash: {check.head}")
