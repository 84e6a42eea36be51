"""The command line: finds the verb, loads only its module, and turns errors into exit codes."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import NoReturn

import click

from dfr import __version__
from dfr.errors import DfrError

VERBS: dict[str, tuple[str, str]] = {
    "init": ("dfr.cli.init", "Write a commented scenario to start from."),
    "schema": ("dfr.cli.schema", "Print the JSON Schema of a scenario."),
    "doctor": ("dfr.cli.doctor", "Say what is installed, found and missing."),
    "check": ("dfr.cli.check", "Check a scenario and its plan against airspace, fences and limits."),
    "plan": ("dfr.cli.plan", "Site the docks and route the flights."),
    "simulate": ("dfr.cli.simulate", "Simulate calls, crews, drones and docks."),
    "mission": ("dfr.cli.mission", "Compile a dispatch to mission, fence and rally points."),
    "upload": ("dfr.cli.upload", "Upload a mission and prove by read-back that it arrived."),
    "fly": ("dfr.cli.fly", "Fly a dispatch on a vehicle, with live telemetry."),
    "rehearse": ("dfr.cli.rehearse", "Run the whole chain on a simulated vehicle: one report."),
    "sitl": ("dfr.cli.sitl", "Start simulated vehicles."),
    "predict": ("dfr.cli.predict", "Predict times and energy of sorties in wind."),
    "landing": ("dfr.cli.landing", "Touchdown statistics in gusts."),
    "airspace": ("dfr.cli.airspace", "Read, query and translate airspace files."),
}

EXIT_INTERRUPTED = 130
EXIT_BAD_INPUT = 2


class Verbs(click.Group):
    """The verbs; a verb's module is imported when it is called, so `dfr --help` imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order of the work."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb, from its module."""
        del ctx
        if cmd_name not in VERBS:
            return None
        from typer.main import get_command

        command: click.Command = get_command(importlib.import_module(VERBS[cmd_name][0]).app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs and what each does, without importing them."""
        del ctx
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, summary) for verb, (_, summary) in VERBS.items()])


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 2 bad input, 3 non-compliant, 4 infeasible, 5 link or vehicle failure, "
    "130 interrupted.",
)
@click.version_option(__version__, prog_name="dfr")
def dfr() -> None:
    """Plan, prove, rehearse and fly drone-as-first-responder deployments."""


def run() -> NoReturn:
    """The process: exit codes as DESIGN says, errors on stderr (and as JSON on stdout with --json)."""
    sys.exit(_exit_code(sys.argv[1:]))


def _exit_code(arguments: list[str]) -> int:  # noqa: PLR0911 - one return for each kind of ending
    try:
        result = dfr.main(args=arguments, prog_name="dfr", standalone_mode=False)
    except DfrError as error:
        return _report(error.code, str(error), error.exit_code, as_json="--json" in arguments)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return EXIT_BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("interrupted\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _report(
            "input",
            f"{error.filename or ''}: {error.strerror}".lstrip(": "),
            EXIT_BAD_INPUT,
            as_json="--json" in arguments,
        )
    return result if isinstance(result, int) else 0


def _report(code: str, message: str, exit_code: int, *, as_json: bool) -> int:
    sys.stderr.write(f"error[{code}]: {message}\n")
    if as_json:
        sys.stdout.write(
            json.dumps({"error": {"code": code, "message": message, "exit_code": exit_code}}) + "\n"
        )
    return exit_code


if __name__ == "__main__":
    run()
