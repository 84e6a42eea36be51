"""What every format shares: checked numbers, and errors that name the item."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from dfr.ardupilot.commands import Command, Frame, command_name
from dfr.ardupilot.items import Params
from dfr.ardupilot.kept import has_place, stored_frame, uses_place_fields
from dfr.ardupilot.parameters import Naming, translate_parameters
from dfr.errors import InputError, MissionFileError
from dfr.geo import Position
from dfr.mission.items import SUPPORTED_COMMANDS, MissionItem, why_refused

MAX_ITEMS = 10_000
"""Longer lists are refused before anything is built (assumed: no flight controller holds as many)."""


MOST = 3.4e38
"""Numbers of a mission travel in single precision, which ends here."""


def json_object(data: bytes, *, name: str) -> dict[str, Any]:
    """The JSON object a file holds. Raises MissionFileError where it holds none."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise MissionFileError(f"{name}: not JSON: {error}", do="save it again from the planner") from error
    if not isinstance(document, dict):
        raise MissionFileError(f"{name}: holds a {type(document).__name__}", do="give a JSON object")
    return document


def require_entry(mapping: Mapping[str, Any], key: str, kind: type, *, where: str) -> Any:
    """A required entry of the right kind. Raises MissionFileError naming where it is missing."""
    value = mapping.get(key)
    if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
        if key not in mapping:
            raise MissionFileError(f"{where}: {key} is missing")
        raise MissionFileError(f"{where}: {key} is {value!r}", do=f"give a {kind.__name__}")
    return value


def finite_number(value: object, *, where: str) -> float:
    """A finite number. Raises MissionFileError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST < value < MOST:
        raise MissionFileError(f"{where}: {str(value)[:40]!r} is not a finite number")
    return float(value)


def finite_numbers(value: object, count: int, *, where: str) -> tuple[float, ...]:
    """So many finite numbers. Raises MissionFileError for anything else."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) < count:
        raise MissionFileError(f"{where}: {value!r}", do=f"give {count} numbers")
    return tuple(finite_number(entry, where=where) for entry in value[:count])


def read_position(lat_deg: object, lon_deg: object, *, where: str) -> Position:
    """A position on the globe. Raises MissionFileError where it is none."""
    try:
        return Position(
            lat_deg=finite_number(lat_deg, where=where), lon_deg=finite_number(lon_deg, where=where)
        )
    except MissionFileError:
        raise
    except InputError as error:
        raise MissionFileError(f"{where}: {error}") from error


def mission_item(
    *,
    command: int,
    frame: int,
    params: Params,
    lat_deg: float,
    lon_deg: float,
    z_m: float,
    autocontinue: bool,
    where: str,
) -> MissionItem:
    """An item from a file's columns. Raises MissionFileError, by name, for what is not supported."""
    if command not in SUPPORTED_COMMANDS:
        raise MissionFileError(
            f"{where}: {command_name(command)} is not supported: {why_refused(command)}",
            do="remove it, or fly it from another ground station",
        )
    meant = Frame.MISSION if frame == Frame.MISSION else stored_frame(frame)
    if meant is None:
        raise MissionFileError(f"{where}: frame {frame} is not supported", do="use 0, 3 or 10")
    located = has_place(command) and (lat_deg, lon_deg) != (0.0, 0.0)
    numbers = (lat_deg, lon_deg) if uses_place_fields(command) else (0.0, 0.0)
    position = read_position(lat_deg, lon_deg, where=where) if located else None
    return MissionItem(
        command=Command(command),
        frame=meant,
        params=params,
        position=position,
        z_m=z_m,
        autocontinue=autocontinue,
        numbers=numbers,
    )


def item_record(item: MissionItem) -> dict[str, Any]:
    """An item as plain JSON values, for formats that are not made for missions; NaN becomes null."""
    numbers = {"numbers": list(item.numbers)} if any(item.numbers) else {}
    return {
        "command": int(item.command),
        "name": command_name(item.command),
        "frame": int(item.frame),
        "params": [None if math.isnan(value) else value for value in item.params],
        "z_m": item.z_m,
        "autocontinue": item.autocontinue,
        **numbers,
    }


def item_of_record(record: Mapping[str, Any], position: Position | None, *, where: str) -> MissionItem:
    """The item of `item_record`. Raises MissionFileError naming what is wrong."""
    params = nan_params(record.get("params"), where=where)
    fifth, sixth = finite_numbers(record.get("numbers", (0.0, 0.0)), 2, where=where)
    return mission_item(
        command=require_entry(record, "command", int, where=where),
        frame=require_entry(record, "frame", int, where=where),
        params=params,
        lat_deg=fifth if position is None else position.lat_deg,
        lon_deg=sixth if position is None else position.lon_deg,
        z_m=finite_number(record.get("z_m"), where=where),
        autocontinue=record.get("autocontinue", True) is True,
        where=where,
    )


def nan_params(value: object, *, where: str) -> Params:
    """Four params where null stands for NaN."""
    if not isinstance(value, list) or len(value) < 4:
        raise MissionFileError(f"{where}: params is {value!r}", do="give four numbers or null")
    a, b, c, d = (math.nan if entry is None else finite_number(entry, where=where) for entry in value[:4])
    return a, b, c, d


def params_record(value: object, *, where: str) -> dict[str, float]:
    """Vehicle parameters as the formats keep them beside the mission, under their 4.5/4.6 names and units."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MissionFileError(f"{where}: params is {value!r}", do="give an object of numbers")
    params = {str(key): finite_number(entry, where=f"{where} {key}") for key, entry in value.items()}
    return translate_parameters(params, Naming.CENTIMETRES)


def refuse_too_many(items: Sequence[Any], *, where: str) -> Sequence[Any]:
    """The list itself. Raises MissionFileError where it is absurdly long."""
    if len(items) > MAX_ITEMS:
        raise MissionFileError(f"{where}: {len(items)} entries, over the limit of {MAX_ITEMS}")
    return items
