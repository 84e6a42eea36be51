"""Flights of a rehearsal on disk (`store_flight`, `load_flights`): predicted and flown, a JSON file each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.files import read_bounded, write_atomically
from dfr.track import FlightTrack

FOLDER = "tracks"
COLUMNS = ("t_s", "east_m", "north_m", "height_m")
DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFlight:
    """One flight, predicted and flown; samples are metres from `home`."""

    name: str
    home: Position
    predicted: FlightTrack
    flown: FlightTrack


def store_flight(folder: Path, flight: StoredFlight) -> None:
    """Write a flight into a run's folder."""
    document = {
        "name": flight.name,
        "home": flight.home.as_dict(),
        "predicted": _as_dict(flight.predicted),
        "flown": _as_dict(flight.flown),
    }
    write_atomically(folder / FOLDER / f"{flight.name}.json", json.dumps(document) + "\n")


def load_flights(folder: Path) -> list[StoredFlight]:
    """The flights in a run's folder, in order of their names. Raises InputError for a damaged file."""
    return [_read_flight(path) for path in sorted((folder / FOLDER).glob("*.json"))]


def _read_flight(path: Path) -> StoredFlight:
    try:
        document = json.loads(read_bounded(path))
        return StoredFlight(
            name=path.stem,
            home=Position(**document["home"]),
            predicted=_track_of(document["predicted"]),
            flown=_track_of(document["flown"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path} is not a flight ({error})", do="rehearse again") from error


def _as_dict(track: FlightTrack) -> dict[str, Any]:
    columns = {name: np.round(getattr(track, name), DIGITS).tolist() for name in COLUMNS}
    return {
        "name": track.name,
        "return_t_s": track.return_t_s,
        "energy_wh": track.energy_wh,
        **columns,
    }


def _track_of(data: Mapping[str, Any]) -> FlightTrack:
    t_s, east_m, north_m, height_m = (np.asarray(data[name], float) for name in COLUMNS)
    return FlightTrack(
        name=str(data["name"]),
        t_s=t_s,
        east_m=east_m,
        north_m=north_m,
        height_m=height_m,
        return_t_s=data["return_t_s"],
        energy_wh=data["energy_wh"],
    )
