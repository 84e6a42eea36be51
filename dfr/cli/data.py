"""`dfr data`: keeps data about people in a folder of their owner, erases them, and makes calls anonymous."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.import_options import ColumnOptions
from dfr.cli.options import ScenarioName, with_option_groups
from dfr.cli.output import AsJson, emit_json, note, say
from dfr.errors import InputError, NonCompliantError
from dfr.findings import counted_noun
from dfr.io.call_anonymise import anonymise_calls
from dfr.io.call_import import read_call_file
from dfr.io.files import write_atomically
from dfr.io.scenario_files import find_scenario, load_world
from dfr.store.personal_data import OWN_FOLDER, DataKind, KeptFile, OwnedFolder
from dfr.store.shift_log import erase_personal_data

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="Keep data about people in a folder of their owner, erase them, and make calls anonymous.",
)

Folder = Annotated[Path, typer.Option(help="The owner's folder; only its owner reads it.")]
DAYS = 31
"""How long data are kept unless somebody says otherwise (assumed: until the debrief is written)."""


@app.command(short_help="Keep files in the owner's folder for so many days.")
def keep(
    files: Annotated[list[Path], typer.Argument(help="Files to copy into the folder.", metavar="FILE...")],
    *,
    kind: Annotated[DataKind, typer.Option(help="What they are.")],
    owner: Annotated[str, typer.Option(help="Who answers for them.")],
    folder: Folder = OWN_FOLDER,
    days: Annotated[int, typer.Option(help="For how many days they are kept.")] = DAYS,
    as_json: AsJson = False,
) -> None:
    """Copy files into the owner's folder, and erase what is past its time there. The originals stay."""
    now = datetime.now(tz=UTC)
    erased = OwnedFolder(folder).apply_retention(now=now).erased
    if erased:
        note(f"{counted_noun(erased, 'file')} past their time erased")
    kept = [OwnedFolder(folder).keep(file, kind=kind, owner=owner, days=days, now=now) for file in files]
    if as_json:
        emit_json({"folder": str(folder), "kept": [entry.as_dict() for entry in kept]})
        return
    for entry in kept:
        say(_line(entry, now))
    note("the originals are still where they were: erase them there too when their time is over")


@app.command("list", short_help="List what is kept, whose it is, and until when.")
def list_kept(folder: Folder = OWN_FOLDER, as_json: AsJson = False) -> None:
    """List what is kept. The exit code is 3 if something should have been erased by now."""
    now = datetime.now(tz=UTC)
    entries = [entry for entry in OwnedFolder(folder).entries() if entry.erased_at is None]
    overdue = [entry for entry in entries if entry.is_overdue(now)]
    if as_json:
        emit_json({"kept": [entry.as_dict() for entry in entries], "overdue": [e.id for e in overdue]})
    else:
        for entry in entries:
            say(_line(entry, now))
        say(f"{counted_noun(len(entries), 'file')} kept, {len(overdue)} past their time")
    if overdue:
        note(f"next: dfr data erase --folder {folder}")
        raise typer.Exit(NonCompliantError.exit_code)


@app.command(short_help="Erase what is past its time, or the files named.")
def erase(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Numbers as `dfr data list` shows them.", metavar="[ID...]")
    ] = None,
    folder: Folder = OWN_FOLDER,
    everything: Annotated[
        bool, typer.Option("--all", help="Erase everything that is kept, also before its time.")
    ] = False,
    shift: Annotated[
        Path | None,
        typer.Option(
            help="Erase personal data from the log of this shift: texts of calls, positions of homes.",
            metavar="DIR",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Erase files: those named, all of them (--all), or those past their time.

    With --shift, dfr erases the personal data in the log of a live shift instead. The log records what was
    erased, and its chain of hashes stays whole. dfr does not know of backups and copies elsewhere: erase
    those yourself.
    """
    if ids and everything:
        raise InputError("ids and --all exclude each other", do="give one of them")
    if shift is not None:
        _erase_in_shift(shift, ids, everything=everything, as_json=as_json)
        return
    owned = OwnedFolder(folder)
    here = [entry.id for entry in owned.entries() if entry.erased_at is None]
    erased = owned.erase(here if everything else ids or None, now=datetime.now(tz=UTC))
    if as_json:
        emit_json({"erased": [entry.id for entry in erased]})
    else:
        say(f"{counted_noun(len(erased), 'file')} erased")


def _erase_in_shift(shift: Path, ids: list[str] | None, *, everything: bool, as_json: bool) -> None:
    if ids:
        raise InputError("ids and --shift exclude each other", do="erase by time, or --all")
    erased = erase_personal_data(shift, everything=everything)
    if as_json:
        emit_json({"shift": str(shift), "erased": erased})
    else:
        say(f"personal data of {counted_noun(erased, 'record')} erased")


@app.command(short_help="Write calls without what tells of a person.")
@with_option_groups
def anonymise(
    scenario: ScenarioName,
    *,
    calls: Annotated[Path, typer.Option(help="Table of calls that were made, CSV or .xlsx.")],
    out: Annotated[Path, typer.Option(help="CSV to write, for `dfr simulate --calls`.")],
    move: Annotated[
        bool,
        typer.Option("--move", help="Move them to the scenario's days by whole weeks; weekdays stay."),
    ] = False,
    columns: ColumnOptions,
    as_json: AsJson = False,
) -> None:
    """Write the hour, the demand zone and the grade of each call: no names, minutes, positions or remarks."""
    data, name = read_call_file(calls)
    world = load_world(find_scenario(scenario))
    found = anonymise_calls(data, name=name, world=world, match=columns.match, move=move)
    write_atomically(out, found.text)
    if as_json:
        emit_json({"path": str(out), "calls": found.calls, "alone": found.alone, "notes": list(found.notes)})
        return
    for guess in found.reading.guessed:
        note(f"taken as {guess}")
    for words in found.notes:
        note(words)
    say(f"wrote {out}: {counted_noun(found.calls, 'call')}")


def _line(entry: KeptFile, now: datetime) -> str:
    late = "  past its time" if entry.is_overdue(now) else ""
    return f"{entry.id}  {entry.kind:9}  {entry.owner}  {entry.file}  until {entry.keep_until:%Y-%m-%d}{late}"
