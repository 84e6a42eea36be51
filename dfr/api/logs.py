"""Read flight logs and calibrate a drone by them: `dfr log show` and `dfr log calibrate`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from dfr.errors import InputError
from dfr.io.logs.files import read_log as read_log_file
from dfr.io.own_drone_files import refuse_known_key, write_own_drone
from dfr.logs.calibration import Calibration, calibrate_drone
from dfr.logs.flights import LoggedFlight, find_flights
from dfr.logs.model import FlightLog

LOG_SUFFIXES = frozenset({".bin", ".log", ".tlog", ".ulg", ".csv", ".tsv", ".gpx"})
"""What is taken from a folder of logs; a file that is named is read whatever its suffix."""


def read_log(path: str | Path, *, system: int | None = None) -> FlightLog:
    """The flight log in a file of any known format; `system` chooses one of several vehicles in a tlog.

    Raises InputError for a file that is no flight log.
    """
    return read_log_file(Path(path), system=system)


def list_flights(log: FlightLog) -> tuple[LoggedFlight, ...]:
    """The flights of a log in order, each with its track and its parts."""
    return find_flights(log)


def calibrate(
    paths: Iterable[str | Path],
    *,
    key: str,
    based_on: str,
    name: str | None = None,
    entered: Mapping[str, float] | None = None,
) -> Calibration:
    """The team's own drone by its logs (files, or folders of them), over a drone of dfr's catalogue.

    `entered` are figures that the team knows, by the fields of the catalogue. Raises InputError for logs
    without flights, and for logs of two different drones.
    """
    refuse_known_key(key)
    logs = [read_log(path) for path in find_logs(paths)]
    return calibrate_drone(logs, key=key, name=name or key, based_on=based_on, entered=entered)


def drone_file_text(calibration: Calibration) -> str:
    """The file of a calibrated drone, which a scenario names by `catalogue:`."""
    return write_own_drone(calibration.own, observed=calibration.observed, missing=calibration.missing)


def find_logs(paths: Iterable[str | Path]) -> list[Path]:
    """The logs that are named, and those in the folders that are. Raises InputError for an empty folder."""
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in LOG_SUFFIXES)
            if not inside:
                kinds = ", ".join(sorted(LOG_SUFFIXES))
                raise InputError(f"{path}: no flight log in it", do=f"give a folder with files {kinds}")
            found += inside
        else:
            found.append(path)
    return list(dict.fromkeys(found))
