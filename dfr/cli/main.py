"""The command line: finds the verb, loads only its module, and turns errors into exit codes."""

from __future__ import annotations

import errno
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import typer.core
import typer.main

from dfr import __version__
from dfr.cli.stopping import give_up_stdout
from dfr.errors import DfrError, StoppedError
from dfr.extras import extra_with, install_command

VERBS: dict[str, tuple[str, str]] = {
    "init": ("dfr.cli.init", "Write a commented scenario to start from."),
    "schema": ("dfr.cli.schema", "Print the JSON Schema of a scenario."),
    "doctor": ("dfr.cli.doctor", "Report what is installed, found and missing."),
    "check": ("dfr.cli.check", "Check a scenario and its plan against airspace, rules, weather and limits."),
    "plan": ("dfr.cli.plan", "Choose dock sites, plan routes and check them."),
    "simulate": ("dfr.cli.simulate", "Simulate calls, crews, drones and docks."),
    "sweep": ("dfr.cli.sweep", "Simulate combinations of docks, drones and crews, and select the best."),
    "sensitivity": ("dfr.cli.sensitivity", "Report which uncertain figures move the answer most."),
    "compare": ("dfr.cli.compare", "Compare two simulation runs on the same calls."),
    "mission": ("dfr.cli.mission", "Make a mission with fence and rally points for a dispatch."),
    "mission-file": ("dfr.cli.mission_file", "Check and convert mission files without a vehicle."),
    "upload": ("dfr.cli.upload", "Upload a mission and verify it by reading it back."),
    "fly": ("dfr.cli.fly", "Fly a mission on a vehicle, with live telemetry."),
    "vehicle": ("dfr.cli.vehicle", "Watch, recall, land, hold, back up a vehicle; download its logs."),
    "rehearse": ("dfr.cli.rehearse", "Plan, check, simulate and fly on simulated vehicles; one report."),
    "sitl": ("dfr.cli.sitl", "Start simulated vehicles."),
    "predict": ("dfr.cli.predict", "Predict flight times and energy in wind."),
    "landing": ("dfr.cli.landing", "Simulate landings in gusts and report how they end."),
    "airframe": ("dfr.cli.airframe", "Study a drone on paper: power, wind, a lost motor, its calls."),
    "catalogue": ("dfr.cli.catalogue", "Show drones and docks, with the source of each figure."),
    "log": ("dfr.cli.log", "Read flight logs, measure a drone from them, compare them with predictions."),
    "airspace": ("dfr.cli.airspace", "Check, query and convert airspace files."),
    "learn": ("dfr.cli.learn", "Learn demand, response and bursts from logs of calls and flights."),
    "data": ("dfr.cli.data", "Keep, erase and anonymise data about people."),
    "operate": ("dfr.cli.operate", "Run a live shift: calls, people's decisions, drones, one log."),
    "serve": ("dfr.cli.serve", "Serve map, simulation, replay and live view to a browser."),
    "report": ("dfr.cli.report", "Report a live shift from its log, beside what the model expects."),
    "brief": ("dfr.cli.brief", "Print a run as a two-page brief."),
}

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
STOPPED = "stopped by Ctrl-C -> run the command again to start over"
EXIT_BAD_INPUT = 2
EXIT_DEFECT = 1


class Verbs(typer.core.TyperGroup):
    """The verbs; a verb's module is imported when it is called, so `dfr --help` imports none."""

    def list_commands(self, _: Any) -> list[str]:
        """The verbs in the order of the work."""
        return list(VERBS)

    def get_command(self, _: Any, cmd_name: str) -> Any:
        """The command of a verb, from its module; None for an unknown verb."""
        if cmd_name not in VERBS:
            return None
        command = typer.main.get_command(importlib.import_module(VERBS[cmd_name][0]).app)
        command.name = cmd_name
        return command

    def format_commands(self, _: Any, formatter: Any) -> None:
        """The verbs and what each does, without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, summary) for verb, (_, summary) in VERBS.items()])


app = typer.Typer(
    cls=Verbs,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 2 bad input, 3 non-compliant or not known to be compliant, 4 infeasible, "
    "5 link or vehicle failure, 6 cluster lost, 130 interrupted. `dfr VERB --help` describes a verb.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dfr {__version__}")
        raise typer.Exit


@app.callback()
def dfr(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Plan, prove, rehearse and fly drone-as-first-responder deployments."""


def run() -> NoReturn:
    """Run the process: an exit code for each kind of ending, errors on stderr (and as JSON with --json)."""
    if sys.stdout is None:  # closed by whoever started dfr
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open to the end
    try:
        code = _exit_code(sys.argv[1:])
        sys.stdout.flush()
    except OSError as error:
        code = _system_error(error, as_json=False)
        give_up_stdout()
    sys.exit(code)


def _exit_code(arguments: list[str]) -> int:  # noqa: PLR0911 - one return for each kind of ending
    as_json = "--json" in arguments
    try:
        result = typer.main.get_command(app).main(
            args=arguments or ["--help"], prog_name="dfr", standalone_mode=False
        )
    except DfrError as error:
        return _report_error(error.code, str(error), error.exit_code, as_json=as_json)
    except typer.Exit as stop:
        if isinstance(stop.__cause__, KeyboardInterrupt):
            return _report_error(StoppedError.code, STOPPED, StoppedError.exit_code, as_json=as_json)
        return stop.exit_code
    except typer.TyperException as error:
        return _report_error(
            "usage", f"{error.format_message()} -> see dfr --help", EXIT_BAD_INPUT, as_json=as_json
        )
    except (KeyboardInterrupt, typer.Abort):
        return _report_error(StoppedError.code, STOPPED, StoppedError.exit_code, as_json=as_json)
    except OSError as error:
        return _system_error(error, as_json=as_json)
    except Exception as error:  # the one broad net: a defect of ours must not look like an answer
        return _missing_or_defect(error, as_json=as_json)
    return result if isinstance(result, int) else 0


def _memory_words(error: Exception) -> str | None:
    """That the memory ran out, or may have, and of how much; None for another error."""
    from concurrent.futures import BrokenExecutor

    if isinstance(error, BrokenExecutor):
        what = "a worker process was ended from outside, most often because the memory ran out"
    elif isinstance(error, MemoryError):
        what = f"the memory ran out ({error})" if str(error) else "the memory ran out"
    else:
        return None
    return (
        f"{what}; {_memory_limit()} -> ask for less at once (replications, trials, sites, --jobs), or use a "
        "machine with more memory"
    )


def _memory_limit() -> str:
    """How much memory there is, where the system says."""
    try:
        import resource
    except ImportError:
        return "the system gave no more"
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        return f"this process may have {limit / 1e9:.1f} GB (ulimit -v)"
    return f"the machine has {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.1f} GB"


def _missing_or_defect(error: Exception, *, as_json: bool) -> int:
    """The exit code where an extra's module is missing, memory ran out, or dfr has a fault."""
    if os.environ.get("DFR_TRACEBACK"):
        raise error
    if isinstance(error, ModuleNotFoundError) and (extra := extra_with(error.name or "")):
        lacking = f"{error.name} is not installed, which this needs -> {install_command(extra)}"
        return _report_error("missing", lacking, EXIT_BAD_INPUT, as_json=as_json)
    if (words := _memory_words(error)) is not None:
        return _report_error("memory", words, EXIT_BAD_INPUT, as_json=as_json)
    what = f"{type(error).__name__}: {error}"
    message = f"{what} -> this is a fault in dfr: please report it with the output of DFR_TRACEBACK=1"
    return _report_error("internal", message, EXIT_DEFECT, as_json=as_json)


def _system_error(error: OSError, *, as_json: bool) -> int:
    """The exit code for an error of the system; a reader that closes early (`| head`) is no error."""
    if isinstance(error, BrokenPipeError):
        give_up_stdout()
        return 0
    where = f"{error.filename}: " if error.filename else ""
    do = "check that it exists and that you may read or write it"
    if error.errno in NO_ROOM:
        do = "free space on that disk, or choose another --out; finished work is kept"
    return _report_error(
        "input", f"{where}{error.strerror or error} -> {do}", EXIT_BAD_INPUT, as_json=as_json
    )


def _report_error(code: str, message: str, exit_code: int, *, as_json: bool) -> int:
    sys.stderr.write(f"error[{code}]: {message}\n")
    if as_json:
        sys.stdout.write(
            json.dumps({"error": {"code": code, "message": message, "exit_code": exit_code}}) + "\n"
        )
    return exit_code


if __name__ == "__main__":
    run()
