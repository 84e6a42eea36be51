"""Which address speaks as each autopilot: a vehicle is one (system, component, address).

Two vehicles on a UDP port may have the same system id. The first address that speaks as an autopilot has that
id: of another that speaks under it nothing is heard, and nothing is sent to it. A vehicle whose own address
changes (its modem connects again) is followed, but only where nobody speaks from the old address any more and
its clock goes on where the old one stopped: another vehicle's does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import LinkError
from dfr.link.framing import Message
from dfr.link.transport import Address

AUTOPILOT = dialect.MAV_COMP_ID_AUTOPILOT1
MOVED_AFTER_S = 2.0
"""An address is left once it has been silent so long (assumed: less than the 4 s of a lost link)."""

STRAGGLERS_S = 1.0
"""Packets of the old address may come so long after the first of the new one (assumed)."""

CLOCK_TOLERANCE_S = 1.0
"""So far the boot clock may be from where it should be (assumed: two delays of a mobile network)."""


@dataclass
class _Speaker:
    """Who speaks as one autopilot: from where, when last, and its boot clock then."""

    address: Address
    heard_s: float
    clock_s: float | None = None
    clock_heard_s: float = 0.0
    others: dict[Address, float] = field(default_factory=dict)
    """Other addresses that spoke under the same id, and when first."""

    strangers: set[Address] = field(default_factory=set)
    """Those of `others` that are another vehicle, for sure."""

    def note_message(self, message: Message, now_s: float) -> None:
        """Record a message of its own."""
        self.heard_s = now_s
        self.strangers |= {at for at, since in self.others.items() if now_s - since > STRAGGLERS_S}
        clock_s = _boot_clock_s(message)
        if clock_s is not None:
            self.clock_s, self.clock_heard_s = clock_s, now_s

    def moved_to(self, address: Address, message: Message, now_s: float) -> bool:
        """Whether a message from another address is its own, from where it speaks now."""
        self.others.setdefault(address, now_s)
        clock_s = _boot_clock_s(message)
        if address in self.strangers or clock_s is None or self.clock_s is None:
            return False
        if abs(clock_s - self.clock_s - (now_s - self.clock_heard_s)) > CLOCK_TOLERANCE_S:
            self.strangers.add(address)
            return False
        return now_s - self.heard_s >= MOVED_AFTER_S


class Speakers:
    """The addresses of the autopilots on a line; on a line with one peer there are none to mind."""

    def __init__(self) -> None:
        self._speakers: dict[int, _Speaker] = {}

    def admits_message(self, message: Message, address: Address, *, now_s: float) -> bool:
        """Whether a message is the vehicle's that it says: False for another address under the same id."""
        if address is None or message.get_srcComponent() != AUTOPILOT:
            return True
        system = message.get_srcSystem()
        speaker = self._speakers.setdefault(system, _Speaker(address=address, heard_s=now_s))
        if address != speaker.address:
            if not speaker.moved_to(address, message, now_s):
                return False
            del speaker.others[address]
            speaker.address = address
        speaker.note_message(message, now_s)
        return True

    def address_of(self, system: int) -> Address:
        """Where a vehicle speaks from; None where that was not heard, or the line has one peer."""
        speaker = self._speakers.get(system)
        return None if speaker is None else speaker.address

    def may_send_to(self, address: Address) -> bool:
        """Whether anything may be sent to an address: not where it only speaks under another's id."""
        speakers = list(self._speakers.values())
        if any(speaker.address == address for speaker in speakers):
            return True
        return not any(address in speaker.others for speaker in speakers)

    def refuse_two(self, system: int) -> None:
        """Raise LinkError, with both addresses, where more than one vehicle speaks under a system id."""
        speaker = self._speakers.get(system)
        if speaker is None or not speaker.others:
            return
        others = " and ".join(address_label(address) for address in list(speaker.others))
        raise LinkError(
            f"two vehicles speak as system {system}: one at {address_label(speaker.address)}, one at "
            f"{others}; nothing was taken from the second or sent to it",
            do="give each vehicle a system id of "
            "its own (SYSID_THISMAV), or a port of its own; one vehicle with two routes to here needs a port "
            "for each route",
        )


def address_label(address: Address) -> str:
    """An address for people.

    >>> address_label(("127.0.0.1", 14550))
    '127.0.0.1:14550'
    """
    return "this line" if address is None else f"{address[0]}:{address[1]}"


def _boot_clock_s(message: Message) -> float | None:
    boot_ms = getattr(message, "time_boot_ms", None)
    return None if boot_ms is None else boot_ms / 1000.0
