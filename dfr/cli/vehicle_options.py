"""Options about vehicles: the link to one, and by whose word a mission is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.vehicles import Authority, Connection
from dfr.cli.options import Now, parse_moment
from dfr.cli.output import note
from dfr.errors import InputError
from dfr.io.files import read_bounded
from dfr.link.limits import (
    DEFAULT_HOLD_LOW_M,
    GAP_S,
    GIVE_UP_S,
    TRAFFIC_CLEAR_S,
    WELL_CLEAR_ACROSS_M,
    WELL_CLEAR_HEIGHT_M,
    Action,
    FlightLimits,
    TrafficLimit,
)
from dfr.link.port import GCS_SYSTEM
from dfr.link.receivers import TrafficReceiver, open_receiver

KEY_BYTES = 32
KEY_FORMS = "a file of 32 bytes or of 64 hexadecimal digits, the digits themselves, or passphrase:FILE"
PASSPHRASE = "passphrase:"

MissionFile = Annotated[Path, typer.Argument(help="A .plan, .waypoints, .kml or .geojson file.")]
ReplaceAll = Annotated[
    bool,
    typer.Option(
        "--replace-all", help="Also delete the fence and rally points that the file does not contain."
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOptions:
    """Which vehicle, and how to reach it."""

    vehicle: Annotated[
        str, typer.Option(help="tcp:, tcpin:, udp: or udpout:HOST:PORT, or serial:PATH[:BAUD].")
    ]
    system: Annotated[
        int | None, typer.Option(help="System id of the vehicle, if several share the line.")
    ] = None
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The vehicle is SITL: no confirmation is needed.")
    ] = False
    source_system: Annotated[
        int,
        typer.Option(
            min=1,
            max=255,
            help="dfr's own system id. The vehicle's failsafe watches only the ground station whose "
            "id is in its SYSID_MYGCS.",
        ),
    ] = GCS_SYSTEM
    signing_key: Annotated[str | None, typer.Option(help=f"The key of a signed link: {KEY_FORMS}.")] = None

    def connection(self, *, tlog: Path | None = None, silent: bool = False) -> Connection:
        """How to connect to the vehicle. Raises InputError for a signing key that cannot be used."""
        return Connection(
            system=self.system,
            source_system=self.source_system,
            signing_key=read_signing_key(self.signing_key),
            tlog=tlog,
            silent=silent,
        )


class TrafficAction(StrEnum):
    """What to do about other traffic that comes near."""

    HOLD_LOW = Action.HOLD_LOW.value
    RETURN = Action.RETURN.value
    LAND = Action.LAND.value
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOptions:
    """What dfr holds a flight to by itself, beside the vehicle's own failsafes."""

    max_wind: Annotated[
        float | None,
        typer.Option(min=0.0, help="Call the drone home above this wind, m/s, by its own estimate."),
    ] = None
    max_gap: Annotated[
        float,
        typer.Option(
            min=0.5,
            help="Call the drone home after a gap in the link longer than this, s (assumed); not on SITL.",
        ),
    ] = GAP_S
    give_up_after: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="How long, s, to watch an armed vehicle after its flight should have ended, heard or not; "
            "no battery in the catalogue lasts an hour.",
        ),
    ] = GIVE_UP_S
    no_reserve: Annotated[
        bool,
        typer.Option(
            "--no-reserve",
            help="Do not turn the drone round when the charge left is not enough for the return, 30 % more "
            "(assumed) and the reserve of its plan (BATT_LOW_MAH); the vehicle's own failsafe still acts.",
        ),
    ] = False
    traffic: Annotated[
        TrafficAction, typer.Option(help="What to do when other traffic (ADS-B) comes near.")
    ] = TrafficAction.HOLD_LOW
    traffic_across_m: Annotated[
        float,
        typer.Option(
            min=0.0, help="Other traffic is near within this distance, m (ASTM F3442 well clear: 2,000 ft)."
        ),
    ] = WELL_CLEAR_ACROSS_M
    traffic_height_m: Annotated[
        float,
        typer.Option(
            min=0.0, help="And within this difference in height, m (ASTM F3442 well clear: 250 ft)."
        ),
    ] = WELL_CLEAR_HEIGHT_M
    traffic_clear_s: Annotated[
        float,
        typer.Option(min=0.0, help="Go on once no traffic has been near for so long, s (assumed)."),
    ] = TRAFFIC_CLEAR_S
    hold_low_m: Annotated[
        float,
        typer.Option(min=2.0, help="Height above home, m, at which to wait for other traffic (assumed)."),
    ] = DEFAULT_HOLD_LOW_M

    def limits(self, *, simulated: bool) -> FlightLimits:
        """The limits; a simulated vehicle, whose seconds are not ours, has none on gaps."""
        action = None if self.traffic is TrafficAction.NONE else Action(self.traffic.value)
        return FlightLimits(
            wind_mps=self.max_wind,
            gap_s=None if simulated else self.max_gap,
            give_up_s=self.give_up_after,
            reserve=not self.no_reserve,
            traffic=None
            if action is None
            else TrafficLimit(
                across_m=self.traffic_across_m,
                height_m=self.traffic_height_m,
                action=action,
                hold_low_m=self.hold_low_m,
                clear_s=self.traffic_clear_s,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverOptions:
    """Receivers of other traffic beside the vehicle's own."""

    receiver: Annotated[
        list[str] | None,
        typer.Option(
            help="Hear other traffic from this receiver too: sbs:HOST:PORT or gdl90:ADDRESS:PORT. Repeatable."
        ),
    ] = None
    qnh_hpa: Annotated[
        float | None,
        typer.Option(
            min=850.0,
            max=1100.0,
            help="QNH, hPa, for heights that a receiver takes from air pressure: without it they may be off "
            "by 350 m.",
        ),
    ] = None

    @contextmanager
    def receivers(self) -> Iterator[tuple[TrafficReceiver, ...]]:
        """The receivers asked for, open until the end of the block."""
        with ExitStack() as stack:
            yield tuple(
                stack.enter_context(open_receiver(address, tell=note)) for address in self.receiver or ()
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityOptions:
    """By whose word a mission is sent."""

    override: Annotated[
        str | None,
        typer.Option(
            help="Send the mission although its verdict forbids it. Give your name and reason: "
            "'Sgt A. Miller: life at risk'. dfr logs both beside the file, and never sends an exercise "
            "to a real vehicle."
        ),
    ] = None
    plan: Annotated[
        Path | None,
        typer.Option(help="The plan.json now in force: a mission made from another plan is refused."),
    ] = None
    now: Now = None

    def authority(self, *, confirmed: bool) -> Authority:
        """The authority, with a person's yes or without; its verdict is read at the moment it is needed."""
        return Authority(
            confirmed=confirmed,
            override=self.override,
            plan_in_force=self.plan,
            now=None if self.now is None else parse_moment(self.now),
        )


def read_signing_key(text: str | None) -> bytes | None:
    """The key that `--signing-key` gives; None without. Raises InputError for a text that gives none.

    Of a passphrase, a file's one line, ground stations take the SHA-256.
    """
    if text is None:
        return None
    if text.startswith(PASSPHRASE):
        return hashlib.sha256(read_bounded(Path(text.removeprefix(PASSPHRASE))).rstrip(b"\r\n")).digest()
    key = _key_of_hex(text)
    if key is not None:
        return key
    held = read_bounded(Path(text))
    key = held if len(held) == KEY_BYTES else _key_of_hex(held.decode("ascii", errors="replace"))
    if key is None:
        raise InputError(f"--signing-key {text}: no key of {KEY_BYTES} bytes", do=KEY_FORMS)
    return key


def _key_of_hex(text: str) -> bytes | None:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None
