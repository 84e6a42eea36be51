"""A flight plan uploaded and proven by read-back, or a vehicle marked "plan unknown".

Lists go up one after another: fence and rally points before the mission, so that a vehicle never
holds a new mission with an old fence; parameters last, each confirmed by its echo. Success means that
what was read back means the same as what was sent. Nothing else does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from dfr.ardupilot.commands import Command, MissionResult, MissionType
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.kept import describe_difference
from dfr.ardupilot.modes import CopterMode
from dfr.errors import LinkError, NonCompliantError, TransferError, VehicleRefusedError
from dfr.findings import Severity
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.onboard import Kept, read_kept
from dfr.link.params import same_value
from dfr.link.readback import DENIED_TRIES, DENIED_WAIT_S, ListReading
from dfr.link.upload import DeniedError, RefusedError, SilenceError, UploadSession, refuse_too_much
from dfr.link.vehicle import OnboardPlan
from dfr.mission.capacity import list_sizes
from dfr.mission.items import FlightPlan
from dfr.mission.validate import validate
from dfr.mission.wire import wire_lists

ATTEMPTS = 4
NO_SPACE = MissionResult.NO_SPACE
STARTED_S = 15.0
STARTING_WAIT_S = 0.5
STARTING_TRIES = 40

FENCE_ON = 1.0
"""DO_FENCE_ENABLE's word. ArduCopter watches what FENCE_TYPE named when FENCE_ENABLE last *changed*: where
the fence was on before, a kind that a plan adds is stored, read back and not watched."""

ORDER = (MissionType.FENCE, MissionType.RALLY, MissionType.MISSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReport:
    """What an upload came to. `differences` is empty exactly when it is `verified`.

    `fence_items` and `rally_items` are the plan's own, the kept ones those that stayed on board under it.
    """

    verified: bool
    mission_items: int
    fence_items: int
    rally_items: int
    params: int
    retries: int
    lost_packets: int
    seconds: float
    differences: tuple[str, ...]
    kept_fence_items: int = 0
    kept_rally_points: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The report as it appears in JSON."""
        return asdict(self) | {"differences": list(self.differences)}


def upload_verified(
    vehicle: MavlinkVehicle,
    plan: FlightPlan,
    *,
    while_active: bool = False,
    check: bool = True,
    replace_all: bool = False,
) -> TransferReport:
    """Upload a flight plan and prove that it arrived.

    A fence or rally points that the plan does not bring stay on board, and the plan must fit them;
    `replace_all` takes them away. `while_active` permits it on a vehicle that is armed or in AUTO; `check`
    judges the plan first.
    Raises NonCompliantError for a plan that ArduCopter would change or refuse, or that does not fit what
    stays (nothing is sent), VehicleRefusedError where the vehicle is active, LinkError where another speaks
    under its system id, TransferError where the plan did not arrive whole: then the vehicle's plan is
    unknown, and arming and AUTO stay blocked until an upload succeeds.
    """
    if check:
        refuse_bad_plan(plan)
    refuse_active(vehicle, while_active)
    vehicle.refuse_double()
    kept = Kept() if replace_all else read_kept(vehicle, plan, check=check)
    lists = _on_board(plan, kept)
    sent = [kind for kind in ORDER if kind not in kept.lists]
    start, lost, reboots = time.monotonic(), vehicle.lost_packets, vehicle.state.reboots
    vehicle.kept = kept
    with _upload_in_progress(vehicle, do="upload again"):
        refuse_too_much(vehicle, list_sizes(plan))
        retries = sum(_transfer_list(vehicle, kind, lists[kind], reboots) for kind in sent)
        for name, value in sorted(plan.params.items(), key=lambda entry: entry[0] == "FENCE_ENABLE"):
            vehicle.set_param(name, value)
        if plan.params.get("FENCE_ENABLE"):
            vehicle.command(Command.DO_FENCE_ENABLE, FENCE_ON)
        retries += _restore_lengths(vehicle, lists, sent, reboots)
        retries += sum(_compare_list(vehicle, kind, items) for kind, items in kept.lists.items() if items)
        vehicle.refuse_double()
    return _transfer_report(vehicle, plan, retries=retries, lost=lost, start=start, differences=())


def replace_mission(vehicle: MavlinkVehicle, plan: FlightPlan) -> None:
    """Put another mission on board of a vehicle in flight, and prove it; fence, rally and parameters stay.

    The vehicle must not be flying the mission: it is overwritten in place. Raises as `upload_verified`.
    """
    if vehicle.state.mode == CopterMode.AUTO:
        raise VehicleRefusedError(
            "the vehicle is flying its mission", do="hold it in GUIDED before the mission changes"
        )
    with _upload_in_progress(vehicle, do="return by RTL"):
        _transfer_list(
            vehicle, MissionType.MISSION, wire_lists(plan)[MissionType.MISSION], vehicle.state.reboots
        )


def replace_lists(vehicle: MavlinkVehicle, lists: Mapping[MissionType, Sequence[WireItem]]) -> None:
    """Put whole lists on board as they are, in the order given, and prove each by reading it back.

    Nothing is judged: they were read from a vehicle. Raises TransferError where one did not arrive whole.
    """
    reboots = vehicle.state.reboots
    with _upload_in_progress(vehicle, do="restore again"):
        refuse_too_much(vehicle, {kind: len(items) for kind, items in lists.items()})
        for kind, items in lists.items():
            _transfer_list(vehicle, kind, items, reboots)
        _restore_lengths(vehicle, lists, tuple(lists), reboots)
        vehicle.refuse_double()


@contextmanager
def _upload_in_progress(vehicle: MavlinkVehicle, *, do: str) -> Iterator[None]:
    """The plan on board is unknown until the block ends well. Raises TransferError where the link fails."""
    vehicle.plan, vehicle.uploading = OnboardPlan.UNKNOWN, True
    try:
        yield
        vehicle.plan = OnboardPlan.VERIFIED
    except TransferError:
        raise
    except LinkError as error:
        raise TransferError(f"{error}; the plan on board is unknown", do=do) from error
    finally:
        vehicle.uploading = False


def inspect_onboard(vehicle: MavlinkVehicle, plan: FlightPlan) -> TransferReport:
    """How what is on board differs from a flight plan and what stays under it; only questions are sent."""
    lists = _on_board(plan, vehicle.kept)
    start, lost = time.monotonic(), vehicle.lost_packets
    differences: list[str] = []
    retries = 0
    for kind in ORDER:
        reading = ListReading(vehicle, kind)
        differences += _list_differences(kind, lists[kind], reading.run())
        retries += reading.retries
    for name, value in plan.params.items():
        found = vehicle.get_param(name)
        if found is None or not same_value(found, value):
            differences.append(f"parameter {name}: {value:g} planned, {found} on board")
    vehicle.refuse_double()
    return _transfer_report(vehicle, plan, retries=retries, lost=lost, start=start, differences=differences)


def refuse_bad_plan(plan: FlightPlan) -> None:
    """Raise NonCompliantError listing what ArduCopter would drop, change or refuse."""
    bad = [finding for finding in validate(plan) if finding.severity is Severity.VIOLATION]
    if bad:
        raise NonCompliantError(
            "ArduCopter would change or refuse parts of the plan: " + "; ".join(f.message for f in bad)
        )


def refuse_active(vehicle: MavlinkVehicle, while_active: bool) -> None:
    """Raise VehicleRefusedError where the vehicle is armed or in AUTO and that was not permitted."""
    state = vehicle.wait(lambda state: state.armed is not None, vehicle_s=5.0, what="first heartbeat")
    if while_active:
        return
    if state.armed or state.mode == CopterMode.AUTO:
        how = "armed" if state.armed else "in AUTO"
        raise VehicleRefusedError(
            f"the vehicle is {how}: an upload overwrites the mission in place",
            do="land and leave AUTO, or override explicitly",
        )


def _on_board(plan: FlightPlan, kept: Kept) -> dict[MissionType, tuple[WireItem, ...]]:
    """All three lists as they are on board once a plan is there: its own, and what stays under it."""
    stays = {
        MissionType.FENCE: plan.fence in ((), kept.fence),
        MissionType.RALLY: plan.rally in ((), kept.rally),
    }
    return wire_lists(plan) | {kind: items for kind, items in kept.lists.items() if stays[kind]}


def _restore_lengths(
    vehicle: MavlinkVehicle,
    lists: Mapping[MissionType, Sequence[WireItem]],
    sent: Sequence[MissionType],
    reboots: int,
) -> int:
    """Whether every list still has its length: a COUNT the line repeated late would have cut it."""
    retries = 0
    for _ in range(ATTEMPTS):
        cut = [kind for kind in ORDER if not _has_length(vehicle, kind, len(lists[kind]))]
        if not cut:
            return retries
        if gone := [kind.label for kind in cut if kind not in sent]:
            raise TransferError(
                f"{' and '.join(gone)}: what was to stay on board has changed",
                do="find out who else sends commands",
            )
        retries += sum(_transfer_list(vehicle, kind, lists[kind], reboots) for kind in cut)
    raise TransferError(
        "the lists on board keep changing", do="find out who else sends commands, then upload again"
    )


def _has_length(vehicle: MavlinkVehicle, kind: MissionType, length: int) -> bool:
    try:
        return ListReading(vehicle, kind).read_length() == length
    except DeniedError:
        return False


def _transfer_list(
    vehicle: MavlinkVehicle, kind: MissionType, items: Sequence[WireItem], reboots: int
) -> int:
    """Upload one list until read-back proves it; the number of retries it took."""
    retries = 0
    problem: TransferError | None = None
    for _ in range(ATTEMPTS):
        try:
            retries += _send_and_compare(vehicle, kind, items)
        except (RefusedError, SilenceError):
            _refuse_reboot(vehicle, reboots)
            raise
        except TransferError as error:
            _refuse_reboot(vehicle, reboots)
            problem = error
            retries += 1
        else:
            _refuse_reboot(vehicle, reboots)
            return retries
    assert problem is not None
    raise problem


def _send_and_compare(vehicle: MavlinkVehicle, kind: MissionType, items: Sequence[WireItem]) -> int:
    disturbances = vehicle.disturbances
    upload = _send_list(vehicle, kind, items)
    try:
        retries = upload.retries + _compare_list(vehicle, kind, items)
    except TransferError as error:
        if upload.error is not None:
            raise upload.failure_for(upload.error) from error
        raise
    if retries or vehicle.disturbances != disturbances:
        retries += _compare_list(vehicle, kind, items)
    return retries


def _compare_list(vehicle: MavlinkVehicle, kind: MissionType, items: Sequence[WireItem]) -> int:
    """Read a list back and compare it; twice on a bad line, where an old packet may speak for a new one."""
    reading = ListReading(vehicle, kind)
    differences = _list_differences(kind, items, reading.run())
    if differences:
        raise TransferError(
            f"{kind.label}: read back differently: {'; '.join(differences[:5])}", do="upload again"
        )
    return reading.retries


def _send_list(vehicle: MavlinkVehicle, kind: MissionType, items: Sequence[WireItem]) -> UploadSession:
    """Send a list, waiting while another ground station's upload goes on or the vehicle is starting up."""
    denied, refused = 0, 0
    while True:
        upload = UploadSession(vehicle, kind, items)
        try:
            upload.run()
        except DeniedError:
            denied += 1
            if denied == DENIED_TRIES:
                raise
            time.sleep(DENIED_WAIT_S)
        except RefusedError:
            refused += 1
            if refused == STARTING_TRIES or not _starting_up(vehicle, upload):
                raise
            time.sleep(STARTING_WAIT_S)
        else:
            return upload


def _starting_up(vehicle: MavlinkVehicle, upload: UploadSession) -> bool:
    """ArduCopter speaks before its storage is ready; until then it has no space for any list."""
    up_s = vehicle.state.t_s
    return upload.error == NO_SPACE and (up_s is None or up_s < STARTED_S)


def _list_differences(
    kind: MissionType, items: Sequence[WireItem], found: Sequence[WireItem]
) -> tuple[str, ...]:
    """Item 0 of a mission is the vehicle's home: counted, not compared."""
    if len(items) != len(found):
        return (f"{kind.label}: {len(items)} items sent, {len(found)} on board",)
    first = 1 if kind is MissionType.MISSION else 0
    texts = (describe_difference(a, b) for a, b in zip(items[first:], found[first:], strict=True))
    return tuple(f"{kind.label}: {text}" for text in texts if text is not None)


def _transfer_report(
    vehicle: MavlinkVehicle,
    plan: FlightPlan,
    *,
    retries: int,
    lost: int,
    start: float,
    differences: Sequence[str],
) -> TransferReport:
    own = wire_lists(plan)
    return TransferReport(
        verified=not differences,
        mission_items=len(plan.items),
        fence_items=len(own[MissionType.FENCE]),
        rally_items=len(own[MissionType.RALLY]),
        kept_fence_items=vehicle.kept.count_items(MissionType.FENCE),
        kept_rally_points=vehicle.kept.count_items(MissionType.RALLY),
        params=len(plan.params),
        retries=retries,
        lost_packets=max(0, vehicle.lost_packets - lost),
        seconds=round(time.monotonic() - start, 3),
        differences=tuple(differences),
    )


def _refuse_reboot(vehicle: MavlinkVehicle, reboots: int) -> None:
    if vehicle.state.reboots != reboots:
        raise TransferError(
            "the vehicle restarted during the upload, or another speaks under its system id (its clock went "
            "back)",
            do="wait until it is up and alone, then upload again",
        )
