"""Other traffic of a live shift (`OtherTraffic`): who is inbound, by whose word; given way to until clear."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dfr.errors import InputError
from dfr.operate.calls import Note
from dfr.operate.clock import LiveClock
from dfr.operate.dispatcher import LiveEngine
from dfr.sim.calls import Visit
from dfr.sim.dispatch import ActiveVisit
from dfr.sim.inputs import Traffic

RECEIVER = "a receiver"
"""Who announces other traffic that was heard by radio."""


class OtherTraffic:
    """Who is inbound of the `users` of the airspace. `announced_by` says whose word that is.

    `words` is what a receiver knows of it.
    """

    def __init__(self, users: tuple[Traffic, ...], clock: LiveClock, engine: LiveEngine, note: Note) -> None:
        self._users, self._clock, self._engine, self._note = users, clock, engine, note
        self.visiting: dict[str, ActiveVisit] = {}
        self.announced_by: dict[str, str] = {}
        self.words: dict[str, str] = {}

    def take_up(self, inbound: Mapping[str, str]) -> None:
        """Give way to what was inbound when the process before this one ended."""
        for traffic, by in inbound.items():
            self._announce(traffic, by)

    def announce(self, traffic: str, *, by: str) -> None:
        """Other traffic is inbound: drones give way as its rule says until it is gone.

        What a receiver announced before is from then on that person's, who alone clears it.
        """
        self._clock.ask(lambda: self._announce(traffic, by))

    def _announce(self, traffic: str, by: str) -> None:
        users = [user.id for user in self._users]
        if traffic not in users:
            raise InputError(f"no traffic {traffic!r:.40}", do=f"one of {', '.join(users)}")
        if traffic in self.visiting and (by == RECEIVER or self.announced_by[traffic] != RECEIVER):
            return
        self._note("traffic", {"traffic": traffic, "inbound": True, "by": by})
        self.announced_by[traffic] = by
        if traffic in self.visiting:
            return
        now = self._clock.now
        visit = Visit(users.index(traffic), now, now, math.inf)
        self.visiting[traffic] = self._engine.begin_visit(visit)

    def clear(self, traffic: str, *, by: str) -> None:
        """That traffic is gone. Raises InputError where it was not there."""
        self._clock.ask(lambda: self._clear(traffic, by))

    def _clear(self, traffic: str, by: str) -> None:
        active = self.visiting.pop(traffic, None)
        if active is None:
            raise InputError(f"{traffic!r:.40} is not inbound", do="nothing is to be cleared")
        del self.announced_by[traffic]
        self.words.pop(traffic, None)
        self._note("traffic", {"traffic": traffic, "inbound": False, "by": by})
        self._engine.end_visit(active)
