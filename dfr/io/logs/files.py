"""Reads a flight log of any known format: what a file is, its content says, not its name."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from dfr.errors import InputError
from dfr.io.files import open_bounded
from dfr.io.logs.ardupilot_log import read_dataflash
from dfr.io.logs.dataflash import LOOKED_AT_BYTES, is_binary_log, is_text_log
from dfr.io.logs.gpx import is_gpx, read_gpx
from dfr.io.logs.tables import looks_like_table, read_flight_table
from dfr.io.logs.tlog import is_tlog, read_tlog
from dfr.io.logs.ulog import is_ulog, read_ulog
from dfr.logs.model import FlightLog

MOST_BYTES = 2 * 1024**3
"""A log is not read past this size (assumed: an hour at the highest rates is under 1 GiB)."""


def read_log(path: Path, *, system: int | None = None) -> FlightLog:
    """The flight log in a file. `system` chooses one of several vehicles in a tlog.

    Raises InputError for a file that cannot be read, is no flight log, or holds no flight data.
    """
    with open_bounded(path, limit_bytes=MOST_BYTES) as file:
        return _read_stream(file, name=path.name, system=system)


def parse_log(data: bytes, *, name: str, system: int | None = None) -> FlightLog:
    """The flight log in the bytes of a file. Raises InputError as `read_log` does."""
    return _read_stream(BytesIO(data), name=name, system=system)


def _read_stream(file: BinaryIO, *, name: str, system: int | None) -> FlightLog:
    """The log in an open file, read piece by piece: what is held is what its series need."""
    begins = file.read(LOOKED_AT_BYTES)
    if not begins:
        raise InputError(f"{name}: the file is empty", do="copy it from the drone again")
    if is_binary_log(begins) or is_text_log(begins):
        return read_dataflash(file, name=name)
    if is_tlog(begins):
        return read_tlog(file, name=name, system=system)
    if is_ulog(begins):
        return read_ulog(file, name=name)
    if is_gpx(begins):
        return read_gpx(file, name=name)
    if looks_like_table(begins):
        return read_flight_table(file, name=name)
    raise InputError(
        f"{name}: not a flight log that dfr knows",
        do="give a DataFlash log (.bin, .log), a telemetry log (.tlog), a PX4 log (.ulg), a DJI record "
        "exported as CSV, or GPX",
    )
