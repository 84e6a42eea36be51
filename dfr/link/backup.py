"""What a vehicle carries, as one JSON file: mission, fence, rally points and every parameter; and back again.

Items are kept exactly as they are read from the vehicle (`dfr.ardupilot.items.WireItem`), parameters under
the names and in the units of its firmware. A restore is verified as an upload is: by reading all of it back.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from dfr.ardupilot.commands import MissionType
from dfr.ardupilot.items import WireItem
from dfr.errors import InputError, VehicleRefusedError
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.parameter_list import (
    ListedParameter,
    WrittenParameters,
    read_parameters,
    write_parameters,
)
from dfr.link.readback import read_when_free
from dfr.link.transfer import ORDER, refuse_active, replace_lists

VERSION = 1
OWN = re.compile(r"STAT_\w+|SYSID_THISMAV|MAV_SYSID|FORMAT_VERSION|SYS_NUM_RESETS|BARO\d_GND_PRESS")
"""Counters, what the vehicle measures at each start, and its system id: never restored."""

Tell = Callable[[str], None]


class _Item(BaseModel):
    """An item of a list; null stands for NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    seq: int
    frame: int
    command: int
    params: tuple[float | None, float | None, float | None, float | None]
    x: int
    y: int
    z: float


class _Parameter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    value: float
    type: int


class _File(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    dfr_backup: Literal[1]
    taken: datetime
    system: int
    firmware: str
    mission: list[_Item]
    fence: list[_Item]
    rally: list[_Item]
    parameters: dict[str, _Parameter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a vehicle carried, when, and which vehicle it was."""

    taken: datetime
    system: int
    firmware: str
    lists: Mapping[MissionType, tuple[WireItem, ...]]
    parameters: Mapping[str, ListedParameter]

    @property
    def restorable(self) -> dict[str, ListedParameter]:
        """The parameters that are put back: all but the vehicle's own counters and its system id."""
        return {name: entry for name, entry in self.parameters.items() if not OWN.fullmatch(name)}

    @property
    def summary(self) -> str:
        """What is in it, counted."""
        counts = ", ".join(f"{kind.label} {len(self.lists[kind])}" for kind in MissionType)
        return f"{counts} items; {len(self.parameters)} parameters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore came to; `differences` is empty exactly when all that was to be put back is on board."""

    parameters: WrittenParameters
    differences: tuple[str, ...]

    @property
    def verified(self) -> bool:
        """Whether everything reads back as it was."""
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """As it appears in JSON."""
        return {
            "verified": self.verified,
            "parameters_set": list(self.parameters.written),
            "parameters_unknown": list(self.parameters.unknown),
            "parameters_kept": dict(self.parameters.kept),
            "differences": list(self.differences),
        }


def take_backup(vehicle: MavlinkVehicle) -> Backup:
    """All lists and parameters of a vehicle; it is only asked.

    Raises TransferError or LinkTimeoutError where not everything comes.
    """
    return Backup(
        taken=datetime.now(tz=UTC),
        system=vehicle.target[0],
        firmware=str(vehicle.firmware),
        lists={kind: read_when_free(vehicle, kind) for kind in MissionType},
        parameters=read_parameters(vehicle),
    )


def backup_text(backup: Backup) -> str:
    """The text of a backup's file."""
    lists = {kind.label: [_item_record(item) for item in backup.lists[kind]] for kind in MissionType}
    document = {
        "dfr_backup": VERSION,
        "taken": backup.taken.isoformat(),
        "system": backup.system,
        "firmware": backup.firmware,
        **lists,
        "parameters": {
            name: {"value": entry.value, "type": entry.kind} for name, entry in backup.parameters.items()
        },
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def read_backup(data: bytes, *, name: str) -> Backup:
    """The backup in a file's bytes. Raises InputError for what is none."""
    try:
        held = _File.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(
            f"{name}: not a backup of `dfr vehicle backup`: {where}: {first['msg']}", do="give such a file"
        ) from error
    lists = {kind: tuple(map(_wire_item, getattr(held, kind.label))) for kind in MissionType}
    parameters = {
        entry: ListedParameter(value=found.value, kind=found.type) for entry, found in held.parameters.items()
    }
    return Backup(
        taken=held.taken, system=held.system, firmware=held.firmware, lists=lists, parameters=parameters
    )


def refuse_unlike(
    vehicle: MavlinkVehicle, backup: Backup, *, other_firmware: bool, other_vehicle: bool
) -> None:
    """Raise VehicleRefusedError for an armed vehicle, another drone than the backup's, or other firmware."""
    refuse_active(vehicle, while_active=False)
    if vehicle.target[0] != backup.system and not other_vehicle:
        raise VehicleRefusedError(
            f"the backup is of system {backup.system}, this is system {vehicle.target[0]}: "
            "the calibrations in it are of that drone's own sensors",
            do="restore it to its own drone, or say --other-vehicle and calibrate this one before it flies",
        )
    if str(vehicle.firmware) != backup.firmware and not other_firmware:
        raise VehicleRefusedError(
            f"the backup is of {backup.firmware}, the vehicle runs {vehicle.firmware}: parameters may have "
            "other names, units and meanings",
            do="restore it to its own firmware, or say --other-firmware",
        )


def restore_backup(vehicle: MavlinkVehicle, backup: Backup, tell: Tell) -> Restored:
    """Put back lists and parameters, and prove them by reading all of them back.

    Raises TransferError where a list does not arrive whole; the vehicle's plan is then unknown.
    """
    replace_lists(vehicle, {kind: backup.lists[kind] for kind in ORDER})
    tell("mission, fence and rally points are restored and read back; now the parameters")
    done = write_parameters(vehicle, backup.restorable)
    differences = [f"{name}: the vehicle keeps {value:g}" for name, value in done.kept.items()]
    differences += [f"{name}: the vehicle has no such parameter" for name in done.unknown]
    return Restored(parameters=done, differences=tuple(differences))


def _item_record(item: WireItem) -> dict[str, Any]:
    record = asdict(item)
    del record["autocontinue"]
    return record | {"params": [None if math.isnan(value) else value for value in item.params]}


def _wire_item(item: _Item) -> WireItem:
    a, b, c, d = (math.nan if value is None else value for value in item.params)
    fields = item.model_dump(exclude={"params"})
    return replace(WireItem(command=item.command), **{**fields, "params": (a, b, c, d)})
