"""Sets up a live shift (`open_shift`): its vehicles, its deployment, and what its log says so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dfr.errors import InputError
from dfr.link.operator import NOBODY, Operator
from dfr.operate.fleet import LiveFleet
from dfr.operate.room import LiveShift, ShiftSetup
from dfr.operate.simulated import engine_of, start_fleet
from dfr.operate.story import ShiftStory, read_story
from dfr.plan.model import Plan
from dfr.rehearsal.fleet import ShiftToFly, place_drones
from dfr.sim.build import sim_inputs
from dfr.sim.inputs import HEIGHT_SPLIT, RETURN, SimInputs, Traffic
from dfr.sim.window import live_window
from dfr.store.shift_log import ShiftLog
from dfr.world.model import World

FLIGHTS = "flights"
"""Where the packet logs of the vehicles are, in the folder of the shift."""

REACHED_WITHIN_S = 5.0

INBOUND = "inbound"
"""The traffic of a plan that names none with a rule; announced, it sends every drone home (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftOptions:
    """What a shift is run with beside its plan.

    `urls` has a vehicle for each drone, or for each the name of the engine that is to be started. `start` is
    the moment of the scenario, as it is written; None is now, or with `simulated` vehicles the begin of the
    scenario. With `stand_in` the scenario's dispatch policy decides in place of people.
    """

    urls: Sequence[str]
    simulated: bool
    speedup: float = 1.0
    start: str | None = None
    stand_in: bool = False
    operator: Operator = NOBODY


@contextmanager
def open_shift(world: World, plan: Plan, log: ShiftLog, options: ShiftOptions) -> Iterator[LiveShift]:
    """A shift that is ready to run and goes on with what its log says; its vehicles are heard until the end.

    Raises InputError for a moment outside the scenario's period or that real vehicles do not fly in, or URLs
    that cannot be used.
    """
    with ExitStack() as stack:
        urls = _urls_of(world, plan, options, stack)
        fleet = stack.enter_context(
            LiveFleet(
                world,
                plan,
                urls,
                log.folder / FLIGHTS,
                simulated=options.simulated,
                speedup=options.speedup,
                operator=options.operator,
            )
        )
        # The vehicles hear us from here on: what follows takes seconds.
        now = datetime.now(tz=UTC)
        story = read_story(log.before.records, now=now, simulated=options.simulated)
        start = _start_of(world, story, options, now)
        shift = shift_to_operate(world, plan, vehicles=len(urls), start=start)
        fleet.serve(shift)
        fleet.wait_reached(REACHED_WITHIN_S)
        stand_in = world.scenario.simulation.dispatch.value if options.stand_in else None
        setup = ShiftSetup(world=world, plan=plan, shift=shift, start=start, stand_in=stand_in)
        yield LiveShift(setup, fleet, log, story=story)


def _urls_of(world: World, plan: Plan, options: ShiftOptions, stack: ExitStack) -> list[str]:
    """The URLs, with a simulated vehicle started in its dock for each name of an engine."""
    engine = engine_of(options.urls)
    if engine is None:
        return list(options.urls)
    started = start_fleet(world, plan, len(options.urls), engine=engine, speedup=options.speedup, stack=stack)
    return [vehicle.url for vehicle in started]


def _start_of(world: World, story: ShiftStory, options: ShiftOptions, now: datetime) -> datetime:
    """The scenario's moment at which the shift begins, or began."""
    period, text = world.scenario.period, options.start
    if text is not None and not options.simulated:
        raise InputError(
            "--start: real vehicles fly in the weather of now", do="leave it out, or say --simulated"
        )
    if story.start is not None:
        return story.start
    if text is not None:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise InputError(f"--start {text!r} is no time", do="write 2024-08-24T09:00+01:00") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=period.zone)
    return period.start if options.simulated else now


def shift_to_operate(world: World, plan: Plan, *, vehicles: int, start: datetime) -> ShiftToFly:
    """The deployment from a moment on, with so many drones in its docks; no call is drawn.

    Raises InputError for a moment outside the scenario's period.
    """
    period = world.scenario.period
    start_s = period.t_s(start)
    if not 0.0 <= start_s < period.seconds:
        raise InputError(
            f"{start.isoformat()} is outside the scenario's period ({period.start.isoformat()} to "
            f"{period.end.isoformat()})",
            do="set the scenario's period to the shift, or begin simulated vehicles with --start",
        )
    ahead = live_window(
        sim_inputs(world, plan),
        place_drones(plan, vehicles),
        start_s=start_s,
        seconds=period.seconds - start_s,
    )
    served = replace(ahead, traffic=_traffic_for_all(ahead))
    return ShiftToFly(inputs=served, visits=[], calls=[], start_s=start_s, seed=0, replication=0)


def _traffic_for_all(inputs: SimInputs) -> tuple[Traffic, ...]:
    """The other traffic that a press announces: by its rule in the plan, on every route."""
    docks, zones = range(len(inputs.docks)), range(len(inputs.zones))
    everywhere = tuple(tuple(True for _ in zones) for _ in docks)
    named = tuple(replace(item, blocks=everywhere) for item in inputs.traffic if item.rule != HEIGHT_SPLIT)
    if named:
        return named
    hours = len(inputs.condition_of_hour)
    return (
        Traffic(
            id=INBOUND,
            rule=RETURN,
            rates_per_s=(0.0,) * hours,
            stay=inputs.video,
            notice_s=0.0,
            blocks=everywhere,
        ),
    )
