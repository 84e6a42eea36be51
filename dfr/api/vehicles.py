"""Upload a mission to a vehicle and fly it: what `dfr upload` and `dfr fly` do, as functions.

They are as strict as the command line: on a vehicle that is not marked as simulated, dfr changes nothing
before a person says yes, by `confirmed=True` or as the answer to `operator.confirm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dfr.errors import VehicleRefusedError
from dfr.findings import Severity, finding_text
from dfr.io.files import read_bounded
from dfr.link.director import OnEvent, OnState
from dfr.link.dispatch import adopt_flight, fly_dispatch, is_flying, refuse_blocking
from dfr.link.limits import FlightLimits
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.link.onboard import Kept, read_kept
from dfr.link.operator import NOBODY, Operator
from dfr.link.orders import Orders
from dfr.link.outcome import DOCK_TOLERANCE_M, FlownDispatch
from dfr.link.port import GCS_SYSTEM
from dfr.link.survey import ask_operator, survey_vehicle, tell_survey
from dfr.link.transfer import TransferReport, inspect_onboard, refuse_bad_plan, upload_verified
from dfr.link.verdict_gate import refuse_against_verdict, refuse_objections
from dfr.mission.formats import read_plan
from dfr.mission.items import FlightPlan
from dfr.mission.validate import validate

Mission = FlightPlan | str | Path
"""A mission: compiled, or the file that it was saved in (.plan, .waypoints, .kml, .geojson)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """By whose word a mission is sent.

    `confirmed` is a person's yes to this very vehicle. `override` ('NAME: REASON') sends the mission against
    its verdict and is logged beside the file. `plan_in_force` is the plan.json now in force: a mission
    compiled from another plan is refused. `now` is the moment at which the verdict must hold; None is each
    moment at which it is read: before the yes, after it, and before the motors start.
    """

    confirmed: bool = False
    override: str | None = None
    plan_in_force: Path | None = None
    now: datetime | None = None

    @property
    def moment(self) -> datetime:
        """The moment at which the verdict must hold."""
        return datetime.now(tz=UTC) if self.now is None else self.now


NO_AUTHORITY = Authority()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to connect to a URL: the system id if several share the line, a signing key, a packet log.

    `source_system` is our own system id: the vehicle's SYSID_MYGCS, whose heartbeats it watches. `silent`:
    send no heartbeats, so that the vehicle does not take us for its ground station.
    """

    system: int | None = None
    source_system: int = GCS_SYSTEM
    signing_key: bytes | None = None
    tlog: Path | None = None
    silent: bool = False


PLAIN = Connection()

YES = "--yes (in Python authority=Authority(confirmed=True))"
SIMULATED = "--simulated (in Python simulated=True)"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedFlight:
    """A flown dispatch, and the proof that its plan was on board."""

    upload: TransferReport
    dispatch: FlownDispatch


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyFlight:
    """A vehicle with the proven plan on board; `aloft`: it flies it already.

    `heed_again` raises NonCompliantError where the verdict no longer lets it fly: call it before arming.
    """

    upload: TransferReport
    aloft: bool
    heed_again: Callable[[], None] | None


def load_mission(mission: Mission) -> FlightPlan:
    """The flight plan of a mission or of its file; the suffix says the format.

    Raises MissionFileError if the file cannot be read whole, NonCompliantError for a plan that ArduCopter
    would drop, change or refuse.
    """
    if isinstance(mission, FlightPlan):
        plan = mission
    else:
        plan = read_plan(read_bounded(Path(mission)), name=str(mission))
    refuse_bad_plan(plan)
    return plan


def upload(
    mission: Mission,
    vehicle: str | MavlinkVehicle,
    *,
    simulated: bool = False,
    connection: Connection = PLAIN,
    authority: Authority = NO_AUTHORITY,
    replace_all: bool = False,
    while_active: bool = False,
    dry_run: bool = False,
    operator: Operator = NOBODY,
) -> TransferReport:
    """The proof that mission, fence, rally points and parameters arrived, read back from the vehicle.

    `vehicle` is a URL (`tcp:HOST:PORT`, `udp:...`, `serial:PATH`) or a vehicle that is connected already.
    `simulated` says that the vehicle at the URL is SITL; hardware needs `authority`. A fence or rally points
    that the mission does not bring stay on board unless `replace_all`. `dry_run` sends nothing and compares
    with what is on board.
    Raises NonCompliantError if the verdict or what stays on board forbids it, VehicleRefusedError if nobody
    says yes or the vehicle does not accept it, TransferError if it did not arrive whole.
    """
    plan = load_mission(mission)
    for finding in validate(plan):
        if finding.severity is not Severity.OK:
            operator.tell(finding_text(finding))
    with vehicle_at(vehicle, connection, simulated=simulated) as target:
        name = f"system {target.target[0]}"
        operator.tell(f"{target.firmware}, {name}, {target.state.mode_name}")
        if dry_run:
            target.kept = Kept() if replace_all else read_kept(target, plan)
            return inspect_onboard(target, plan)
        # The built-in vehicle needs nobody's yes: it says what it is, and no hardware says the same.
        marked = target.simulated or target.firmware.built_in
        heed_again = _heed(plan, mission, authority, simulated=marked, operator=operator)
        sure = marked or authority.confirmed
        if not sure and operator.confirm is None:
            raise VehicleRefusedError(
                f"{name} is not known to be simulated, nothing was uploaded",
                do=f"confirm with {YES}, or say {SIMULATED} where it is SITL",
            )
        found = survey_vehicle(target, plan, replace_all=replace_all, while_active=while_active)
        tell_survey(found, operator)
        if not sure:
            also = f" ({found.describe_changes()})" if found.describe_changes() else ""
            ask_operator(
                f"Overwrite the plan of {name} with {plan.name!r}{also}?", "nothing was uploaded", operator
            )
        heed_again()
        return upload_verified(target, plan, while_active=while_active, replace_all=replace_all)


def fly(
    mission: Mission,
    vehicle: str | MavlinkVehicle,
    *,
    simulated: bool = False,
    connection: Connection = PLAIN,
    authority: Authority = NO_AUTHORITY,
    replace_all: bool = False,
    limits: FlightLimits | None = None,
    dock_tolerance_m: float = DOCK_TOLERANCE_M,
    may_force_disarm: bool | None = None,
    orders: Orders | None = None,
    on_state: OnState | None = None,
    on_event: OnEvent | None = None,
    operator: Operator = NOBODY,
) -> VerifiedFlight:
    """The dispatch as it was flown: uploaded, checked, armed, and followed until it is down.

    A vehicle that is already in the air with this very plan is followed from there on. `vehicle`, `simulated`
    and `authority` are as for `upload`. `limits` are the director's own in flight; `orders` send the drone
    elsewhere or home from another thread; `on_state` and `on_event` are called as things happen. Ctrl-C in
    flight raises LeftInFlight, which says what the drone will do; dfr commands nothing then.
    Raises NonCompliantError or VehicleRefusedError before anything is armed, LinkError if the link is lost.
    """
    plan = load_mission(mission)
    url = vehicle if isinstance(vehicle, str) else f"system {vehicle.target[0]}"
    if not (simulated if isinstance(vehicle, str) else vehicle.simulated):
        refuse_unattended(url, authority, operator)
    with vehicle_at(vehicle, connection, simulated=simulated) as target:
        ready = prepare_flight(
            target, plan, mission, url=url, authority=authority, replace_all=replace_all, operator=operator
        )
        flown = fly_dispatch(
            target,
            plan,
            confirmed=not target.simulated,
            on_state=on_state,
            on_event=on_event,
            orders=orders,
            may_force_disarm=may_force_disarm,
            dock_tolerance_m=dock_tolerance_m,
            limits=limits,
            aloft=ready.aloft,
            before_arming=ready.heed_again,
        )
    return VerifiedFlight(upload=ready.upload, dispatch=flown)


def refuse_unattended(url: str, authority: Authority, operator: Operator) -> None:
    """Raise VehicleRefusedError if nobody has confirmed the flight and nobody can be asked."""
    if not authority.confirmed and operator.confirm is None:
        raise VehicleRefusedError(
            f"{url} is not known to be simulated, nothing was sent",
            do=f"confirm the flight with {YES}, or say {SIMULATED} where it is SITL",
        )


def prepare_flight(
    target: MavlinkVehicle,
    plan: FlightPlan,
    mission: Mission,
    *,
    url: str,
    authority: Authority,
    replace_all: bool,
    operator: Operator,
) -> ReadyFlight:
    """A vehicle that has the plan on board and may fly it.

    Asks for a person's yes unless the vehicle is simulated or the yes was given. Raises as `fly` does.
    """
    sure = target.simulated or authority.confirmed
    if is_flying(target):
        report = adopt_flight(target, plan)
        _confirm_aloft(target, plan, sure=sure, operator=operator)
        return ReadyFlight(upload=report, aloft=True, heed_again=None)
    marked = target.simulated or target.firmware.built_in
    heed_again = _heed(plan, mission, authority, simulated=marked, operator=operator)
    found = survey_vehicle(target, plan, replace_all=replace_all)
    tell_survey(found, operator)
    refuse_blocking(found.findings)
    if not sure:
        also = f" ({found.describe_changes()})" if found.describe_changes() else ""
        question = f"Upload to {url}{also}, ARM it and fly {plan.name!r} now?"
        ask_operator(question, "nothing on board was changed", operator)
    heed_again()
    report = upload_verified(target, plan, replace_all=replace_all)
    return ReadyFlight(upload=report, aloft=False, heed_again=heed_again)


@contextmanager
def vehicle_at(
    vehicle: str | MavlinkVehicle, connection: Connection, *, simulated: bool
) -> Iterator[MavlinkVehicle]:
    """The vehicle at a URL, connected until the end of the block; one connected already stays connected."""
    if isinstance(vehicle, MavlinkVehicle):
        yield vehicle
        return
    with connect(
        vehicle,
        system=connection.system,
        our_system=connection.source_system,
        simulated=simulated,
        signing_key=connection.signing_key,
        tlog=connection.tlog,
        silent=connection.silent,
    ) as target:
        yield target


def _heed(
    plan: FlightPlan, mission: Mission, authority: Authority, *, simulated: bool, operator: Operator
) -> Callable[[], None]:
    """Refuse a mission that its verdict forbids; the same check for later, when its go may have ended."""
    file = None if isinstance(mission, FlightPlan) else Path(mission)
    answered = refuse_against_verdict(
        plan,
        file,
        simulated=simulated,
        override=authority.override,
        now=authority.moment,
        in_force=authority.plan_in_force,
        tell=operator.tell,
    )

    def heed_again() -> None:
        nonlocal answered
        answered = refuse_objections(
            plan,
            file,
            override=authority.override,
            now=authority.moment,
            in_force=authority.plan_in_force,
            tell=operator.tell,
            answered=answered,
        )

    return heed_again


def _confirm_aloft(target: MavlinkVehicle, plan: FlightPlan, *, sure: bool, operator: Operator) -> None:
    """Ask for a person's yes to a vehicle found in the air. Raises VehicleRefusedError without one."""
    operator.tell(f"{target.describe_whereabouts()}, flying {plan.name!r}")
    if sure:
        return
    question = "Watch it from here, and control it as planned?"
    if operator.confirm is None or not operator.confirm(question):
        raise VehicleRefusedError(
            f"not confirmed, nothing was sent: {target.describe_whereabouts()}", do=f"confirm with {YES}"
        )
