"""Options of simulated vehicles: the engine that flies them, and ArduPilot parameters."""

from __future__ import annotations

from typing import Annotated, cast, get_args

import typer

from dfr.errors import InputError
from firmware_sitl.start import SitlEngine

Engine = Annotated[
    str,
    typer.Option(
        help="builtin, ardupilot, or auto: a real ArduCopter if DFR_ARDUCOPTER names one, else builtin."
    ),
]


def parse_engine(name: str) -> SitlEngine:
    """The engine of that name. Raises InputError for another name."""
    if name not in get_args(SitlEngine):
        raise InputError(f"--engine {name!r} is not known", do="builtin, ardupilot or auto")
    return cast(SitlEngine, name)


def parse_parameter(text: str) -> tuple[str, float]:
    """Name and value of an ArduPilot parameter given as NAME=VALUE. Raises InputError for anything else."""
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise InputError(f"--param {text!r} is not NAME=VALUE with a number", do="correct it") from None
