"""A second engine for tests: the policies of `dfr.sim` written anew, as plain rules over a list of events.

It shares no code with the engine: no SimPy, no processes, no flight objects. A drone is a timetable
(`Span`s with their power and place on the route), cut and written anew whenever something intervenes. It
knows one weather, no other traffic and no failures, and the nearest drone is sent.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dfr.sim.calls import Call
from dfr.sim.inputs import Leg, SimInputs


@dataclass
class Span:
    """A drone doing one thing: from and to when, at what power, and from and to where (1 is overhead)."""

    what: str
    start: float
    end: float
    watts: float = 0.0
    place: tuple[float, float] = (0.0, 0.0)


@dataclass
class Person:
    """A call, and what became of it."""

    call: Call
    rank: int
    gives_up: float
    decided: float = math.nan
    sent: float = math.nan
    overhead: float = math.nan
    ended: float = math.nan
    stayed: float = 0.0
    waits: bool = False
    over: bool = False
    fate: str = ""
    second: bool = False
    officers: float = math.nan
    patrol: str = ""
    unit: int = -1


@dataclass
class Drone:
    """A drone, its timetable, and how much of its energy it had used when the timetable began."""

    name: str
    dock: int
    has: float
    spans: list[Span] = field(default_factory=list)
    used: float = 0.0
    serves: Person | None = None
    served: int = -1
    number: int = -1
    zone: int = 0
    leg: Leg | None = None
    version: int = 0
    free_at: float = 0.0
    full_at: float = 0.0
    ready_share: float = 1.0

    def share(self, t: float) -> float:
        if t >= self.full_at:
            return 1.0
        rise = (t - self.free_at) / (self.full_at - self.free_at)
        return self.ready_share + (1.0 - self.ready_share) * max(0.0, rise)

    def now(self, t: float) -> Span | None:
        return next((span for span in self.spans if t < span.end), None)

    def spent(self, t: float) -> float:
        return self.used + sum(
            span.watts * (min(t, span.end) - span.start) / 3600.0 for span in self.spans if span.start < t
        )

    def place(self, t: float) -> float:
        span = self.now(t)
        if span is None or span.end <= span.start:
            return self.spans[-1].place[1]
        done = (t - span.start) / (span.end - span.start)
        return span.place[0] + done * (span.place[1] - span.place[0])


class Oracle:
    """Calls in, fates out."""

    def __init__(self, inputs: SimInputs) -> None:
        self.inputs, self.weather = inputs, inputs.conditions[0]
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.count, self.flights, self.t = 0, 0, 0.0
        self.people: dict[int, Person] = {}
        self.seconds: dict[int, Person] = {}
        self.queue: list[Person] = []
        self.drones = [
            Drone(f"{dock.id}/{n + 1}", number, self.weather.battery_wh)
            for number, dock in enumerate(inputs.docks)
            for n in range(dock.drones)
        ]
        self.docked = list(self.drones)
        self.sent_on: list[tuple[int, int]] = []
        self.force = Force(self)

    def run(self, calls: Sequence[Call]) -> dict[int, Person]:
        for duty in self.inputs.duties:
            for edge in (duty.start_s, duty.end_s, duty.took_over_s + self.inputs.policing.handover_s):
                if edge >= 0.0:
                    self.at(edge, self.serve)
        for call in calls:
            self.at(call.t_s, lambda call=call: self.hear(call))
        while self.events and self.events[0][0] < self.inputs.horizon_s:
            self.t, _, act = heapq.heappop(self.events)
            act()
        return self.people

    def may_fly(self, t: float) -> int:
        """Drones that the people on duty may have in use."""
        return sum(duty.drones for duty in self.inputs.duties if duty.start_s <= t < duty.end_s)

    def may_start(self) -> int:
        """The same without those who are occupied with taking over: below this one more is started."""
        busy_s, t = self.inputs.policing.handover_s, self.t
        here = [duty for duty in self.inputs.duties if duty.start_s <= t < duty.end_s]
        return sum(duty.drones for duty in here if not t < duty.took_over_s + busy_s)

    def in_use(self) -> list[Drone]:
        return sorted((drone for drone in self.drones if drone.spans), key=lambda each: each.number)

    def home_by(self, drones: int) -> float:
        """When so many drones will be too many."""
        edges = {edge for duty in self.inputs.duties for edge in (duty.start_s, duty.end_s) if edge > self.t}
        return min((edge for edge in edges if self.may_fly(edge) < drones), default=math.inf)

    def at(self, t: float, act: Callable[[], None]) -> None:
        self.count += 1
        heapq.heappush(self.events, (t, self.count, act))

    # -- calls --

    def hear(self, call: Call) -> None:
        heard = call.grade if call.given < 0 else call.given
        person = Person(call, self.inputs.grades[heard].rank, self.t + call.patience_s)
        self.people[call.id] = person
        after_s = self.inputs.policing.stand_down_s
        if self.inputs.patrols is not None:
            self.at(call.ground_s, lambda: self.force.ask(person))
        elif after_s is not None:
            self.at(max(self.t, call.ground_s + after_s), lambda: self.in_hand(person))
        if call.patience_s < call.decision_s:
            self.at(person.gives_up, lambda: self.over(person, "gave up"))
        else:
            self.at(self.t + call.decision_s, lambda: self.decide(person))

    def decide(self, person: Person) -> None:
        if not person.over:
            person.decided = self.t
            self.wait(person)
            if person.call.second_s > 0.0:
                call = person.call._replace(on_scene_s=person.call.second_s)
                second = Person(call, person.rank, person.gives_up, decided=self.t, second=True)
                self.seconds[call.id] = second
                self.wait(second)

    def wait(self, person: Person) -> None:
        """It waits, unless it is served now: from a dock, or by a drone in the air."""
        person.waits = True
        self.queue.append(person)
        self.queue.sort(key=lambda each: (each.rank, each.decided, each.call.id, each.second))
        self.serve()
        if person.waits:
            self.take_from_the_air(person)
        if person.waits:
            self.at(max(self.t, person.gives_up), lambda: self.give_up(person))

    def give_up(self, person: Person) -> None:
        if person.waits and self.t >= person.gives_up:
            self.over(person, "gave up")

    def over(self, person: Person, fate: str) -> None:
        if person.over:
            return
        if person.waits:
            self.queue.remove(person)
        person.waits, person.over, person.ended = False, True, self.t
        person.fate = fate if math.isnan(person.overhead) else "attended"

    def in_hand(self, person: Person) -> None:
        """Officers have it: its drones are released, and nobody waits for one."""
        its = [each for each in (person, self.seconds.get(person.call.id)) if each is not None]
        for each in its:
            if each.waits:
                self.over(each, "in hand")
        for drone in sorted(self.drones, key=lambda each: each.number):
            span = drone.now(self.t) if any(drone.serves is each for each in its) else None
            if span is None:
                continue
            if span.what == "prepare":
                self.over(drone.serves, "in hand")
                self.call_off(drone)
            else:
                self.leave(drone, "in hand")
        self.over(person, "in hand")
        self.serve()

    # -- drones from docks --

    def serve(self) -> None:
        for person in list(self.queue):
            if len(self.in_use()) >= self.may_start():
                return
            if person.waits and (drone := self.from_dock(person)) is not None:
                self.docked.remove(drone)
                self.flights += 1
                drone.number = self.flights
                drone.has, drone.used = drone.share(self.t) * self.weather.battery_wh, 0.0
                self.go(drone, person, self.weather.legs[drone.dock][person.call.zone], prepares=True)

    def from_dock(self, person: Person) -> Drone | None:
        zone = person.call.zone
        for dock in self.weather.nearest[zone]:
            ready = [drone for drone in self.docked if drone.dock == dock]
            if ready:
                drone = max(ready, key=lambda each: each.share(self.t))
                leg = self.weather.legs[dock][zone]
                median_s, least_s = self.inputs.launch.median_s, self.inputs.min_on_scene_s
                if self.t + median_s + leg.overhead_s + least_s + leg.home_s > self.home_by(
                    len(self.in_use()) + 1
                ):
                    continue
                if self.weather.battery_wh == math.inf:
                    return drone
                hover = leg.hover_w * self.inputs.min_on_scene_s / 3600.0
                has = drone.share(self.t) * self.weather.battery_wh
                if has - self.reserve() >= leg.out_wh + leg.home_wh + hover:
                    return drone
        return None

    def reserve(self) -> float:
        share = self.inputs.reserve_fraction
        return share * self.weather.battery_wh if share else 0.0

    def go(self, drone: Drone, person: Person, leg: Leg, *, prepares: bool = False) -> None:
        """Write the timetable of a drone that goes to a call, up to its arrival."""
        t, out_w = self.t, watts(leg.out_wh, leg.overhead_s)
        spans = []
        if prepares:
            climbs = t + person.call.launch_s
            spans = [Span("prepare", t, climbs), Span("climb", climbs, climbs + leg.climb_s, out_w)]
            t = climbs + leg.climb_s
            spans.append(Span("out", t, t + leg.out_s, out_w, (0.0, 1.0)))
        else:
            spans = self.way_on(drone, person.call.zone, leg)
        drone.used, drone.spans = drone.spent(self.t) if not prepares else 0.0, spans
        drone.serves, drone.leg, drone.zone, drone.served = person, leg, person.call.zone, person.call.id
        if person.waits:
            self.queue.remove(person)
        person.waits = False
        person.sent = self.t if math.isnan(person.overhead) else person.sent
        if spans[-1].end <= self.t:
            self.arrive(drone)
        else:
            self.then(drone, spans[-1].end, self.arrive)

    def then(self, drone: Drone, t: float, act: Callable[[Drone], None]) -> None:
        drone.version += 1
        version = drone.version
        self.at(t, lambda: act(drone) if drone.version == version else None)

    def arrive(self, drone: Drone) -> None:
        person, leg = drone.serves, drone.leg
        if math.isnan(person.overhead):
            person.overhead = self.t
            if person.call.clears and not person.second:
                look_s = self.inputs.patrols.clears_after_s
                self.at(self.t + look_s, lambda: self.force.clear(person))
        few, using = self.inputs.policing.recall_few, self.in_use()
        until = self.home_by(using.index(drone) + 1 if few else len(using)) - self.t - leg.home_s
        stay = min(person.call.on_scene_s - person.stayed, self.endurance(drone, leg), max(0.0, until))
        drone.used = drone.spent(self.t)
        drone.spans = [Span("scene", self.t, self.t + stay, leg.hover_w, (1.0, 1.0))]
        self.then(drone, self.t + stay, lambda each: self.leave(each, "done"))

    def endurance(self, drone: Drone, leg: Leg) -> float:
        if leg.hover_w <= 0.0 or drone.has == math.inf:
            return math.inf
        spare = drone.has - self.reserve() - drone.spent(self.t) - leg.home_wh
        return max(0.0, spare * 3600.0 / leg.hover_w)

    def leave(self, drone: Drone, why: str) -> None:
        """Its call is over; it returns, unless it can serve one that waits."""
        span, place = drone.now(self.t), drone.place(self.t)
        person, leg = drone.serves, drone.leg
        if drone.spans[0].what == "scene":
            person.stayed += self.t - drone.spans[0].start
        drone.serves = None
        home_w = watts(leg.home_wh, leg.home_s)
        turning = span.end - self.t if span is not None and span.what in ("turn", "climb on") else 0.0
        back = Span("back", self.t, self.t + place * leg.back_s + turning, home_w, (place, 0.0))
        if turning:
            back.what = "back from a turn"
        if span is None or span.what != "climb":
            drone.used, drone.spans = drone.spent(self.t), [back]
        self.over(person, why)
        for waiting in list(self.queue):
            if self.takes(drone, waiting):
                self.sent_on.append((person.call.id, waiting.call.id))
                self.go(drone, waiting, self.weather.legs[drone.dock][waiting.call.zone])
                return
        drone.used, drone.spans = drone.spent(self.t), [back]
        self.then(drone, back.end, self.over_dock)

    def over_dock(self, drone: Drone) -> None:
        leg = drone.leg
        drone.used = drone.spent(self.t)
        drone.spans = [Span("land", self.t, self.t + leg.land_s, watts(leg.home_wh, leg.home_s))]
        self.then(drone, self.t + leg.land_s, self.landed)

    def landed(self, drone: Drone) -> None:
        left = max(0.0, (drone.has - drone.spent(self.t)) / self.weather.battery_wh)
        left = 1.0 if self.weather.battery_wh == math.inf else left
        table = self.inputs.turnaround
        drone.spans = []
        drone.free_at, drone.full_at = self.t + table.to_ready_s[0], self.t + table.to_full_s[0]
        drone.ready_share = max(left, table.ready_fraction)
        self.then(drone, drone.free_at, self.ready)
        self.serve()

    def ready(self, drone: Drone) -> None:
        self.docked.append(drone)
        self.serve()
        self.at(drone.full_at, self.serve)

    def call_off(self, drone: Drone) -> None:
        """On the ground still: it is ready again at once."""
        drone.version += 1
        drone.spans, drone.serves = [], None
        self.docked.append(drone)

    # -- drones in the air --

    def way_on(self, drone: Drone, zone: int, leg: Leg) -> list[Span]:
        """From where it is to another zone: along its own route to the same, else over its dock."""
        own, place, span = drone.leg, drone.place(self.t), drone.now(self.t)
        out_w, t = watts(leg.out_wh, leg.overhead_s), self.t
        climbing = span is not None and span.what in ("prepare", "climb")
        if climbing:
            own_w, rest = watts(own.out_wh, own.overhead_s), drone.spans[1].end - max(t, drone.spans[1].start)
            first = Span("climb on", t, t + rest, own_w)
            return [first, Span("out", t + rest, t + rest + leg.out_s, out_w, (0.0, 1.0))]
        if zone == drone.zone:
            return [Span("out", t, t + (1.0 - place) * leg.out_s, out_w, (place, 1.0))]
        back = place * own.back_s
        turn = Span("turn", t, t + back, watts(own.home_wh, own.home_s))
        return [turn, Span("out", t + back, t + back + leg.out_s, out_w, (0.0, 1.0))]

    def could(self, drone: Drone, person: Person) -> tuple[float, float] | None:
        """When it could be overhead, in seconds, and how long it could stay; None where it cannot."""
        span = drone.now(self.t)
        leg = self.weather.legs[drone.dock][person.call.zone]
        if span is None or leg is None or span.what in ("land", "turn", "climb on", "back from a turn"):
            return None
        spans = self.way_on(drone, person.call.zone, leg)
        way = spans[-1].end - self.t
        if span.what == "prepare":
            way += self.inputs.launch.median_s
        stay = math.inf
        if leg.hover_w > 0.0 and drone.has < math.inf:
            flown = sum(each.watts * (each.end - each.start) / 3600.0 for each in spans)
            left = drone.has - self.reserve() - drone.spent(self.t) - flown - leg.home_wh
            stay = left * 3600.0 / leg.hover_w
        stay = min(stay, self.home_by(len(self.in_use())) - self.t - way - leg.home_s)
        return (way, stay) if stay >= self.inputs.min_on_scene_s else None

    def takes(self, drone: Drone, person: Person) -> bool:
        return self.inputs.policing.re_task and self.could(drone, person) is not None

    def take_from_the_air(self, person: Person) -> None:
        if not self.inputs.policing.re_task:
            return
        target = self.inputs.grades[person.call.grade].target_s - (self.t - person.call.t_s)
        found = []
        for drone in self.drones:
            could = self.could(drone, person)
            rank = math.inf if drone.serves is None else drone.serves.rank
            if could is not None and rank > person.rank:
                found.append((could[0] > target, drone, rank, could[0]))
        if not found:
            return
        in_time = [each for each in found if not each[0]]
        if in_time:
            _, drone, _, _ = min(in_time, key=lambda each: (-each[2], each[3], each[1].name))
        else:
            _, drone, _, _ = min(found, key=lambda each: (each[3], -each[2], each[1].name))
        self.send_on(drone, person)

    def send_on(self, drone: Drone, person: Person) -> None:
        left, span = drone.serves, drone.now(self.t)
        if span.what == "prepare":
            self.call_off(drone)
            self.serve()
        else:
            if span.what == "scene":
                left.stayed += self.t - span.start
            self.sent_on.append((drone.served, person.call.id))
            self.go(drone, person, self.weather.legs[drone.dock][person.call.zone])
        if left is not None:
            left.sent = math.nan if math.isnan(left.overhead) else left.sent
            rest = left.call.on_scene_s - left.stayed
            if not math.isnan(left.overhead) and rest < max(1e-12, self.inputs.min_on_scene_s):
                self.over(left, "done")
            else:
                self.wait(left)


class Force:
    """The patrols: a unit is free, or bound to one call until a moment."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle, self.force = oracle, oracle.inputs.patrols
        self.units = list(self.force.posts) if self.force else []
        self.present = set(range(len(self.units)))
        for from_s, most in self.force.on_duty if self.force else ():
            oracle.at(from_s, lambda most=most: self.roll_call(most))
        self.bound: dict[int, Person] = {}
        self.sent: dict[int, tuple[float, float]] = {}
        self.queue: list[tuple[int, float, int, Person]] = []

    def ask(self, person: Person) -> None:
        if person.patrol != "cleared":
            self.queue.append((person.rank, self.oracle.t, person.call.id, person))
            self.go()

    def go(self) -> None:
        """The best call gets the nearest unit that is free."""
        while self.queue and self.present - set(self.bound):
            self.queue.sort(key=lambda each: each[:3])
            person = self.queue.pop(0)[3]
            free = self.present - set(self.bound)
            far = {unit: self.force.travel_s[self.units[unit]][person.call.zone] for unit in free}
            unit = min(free, key=lambda each: (far[each], each))
            person.unit, person.patrol = unit, "sent"
            self.bound[unit], self.sent[unit] = person, (self.oracle.t, self.oracle.t + far[unit])
            self.oracle.at(self.oracle.t + far[unit], lambda p=person, u=unit: self.there(p, u))

    def roll_call(self, most: int) -> None:
        """Whoever comes and is not still out starts at the post."""
        now = set(range(most))
        for unit in now - self.present - set(self.bound):
            self.units[unit] = self.force.posts[unit]
        self.present = now
        self.go()

    def there(self, person: Person, unit: int) -> None:
        if person.patrol != "sent":
            return
        t, after_s = self.oracle.t, self.oracle.inputs.policing.stand_down_s
        person.patrol, person.officers = "there", t
        self.oracle.at(t + person.call.patrol_s, lambda: self.done(unit, person.call.zone))
        if after_s is not None:
            self.oracle.at(t + after_s, lambda: self.oracle.in_hand(person))

    def done(self, unit: int, zone: int) -> None:
        del self.bound[unit]
        self.units[unit] = len(self.force.travel_s) - len(self.force.travel_s[0]) + zone
        self.go()

    def clear(self, person: Person) -> None:
        if person.waits or person.patrol == "there":
            return
        self.queue = [each for each in self.queue if each[3] is not person]
        if person.patrol == "sent":
            left, comes = self.sent[person.unit]
            if self.oracle.t >= (left + comes) / 2.0:
                person.patrol = "cleared"
                self.done(person.unit, person.call.zone)
                return
            del self.bound[person.unit]
        person.patrol = "cleared"
        self.go()


def watts(wh: float, seconds: float) -> float:
    return wh * 3600.0 / seconds if seconds > 1e-9 else 0.0
