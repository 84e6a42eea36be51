"""`dfr operate`: runs a live shift over real or simulated vehicles, and serves its board and its commands."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.options import DayOptions, Docks, NoCache, PlanFile, ScenarioName, with_option_groups
from dfr.cli.output import note, operator_at_terminal, say
from dfr.cli.server import address_of, allowed_hosts, open_listener, serve_beside
from dfr.cli.stopping import STOPS
from dfr.cli.vehicle_options import ReceiverOptions
from dfr.errors import InputError, StoppedError
from dfr.findings import counted_noun
from dfr.io.files import write_atomically
from dfr.io.plan_files import read_plan
from dfr.io.scenario_files import find_scenario, load_world, with_day_files
from dfr.link.lost_link import describe_left_vehicle
from dfr.operate.air_watch import AirWatch
from dfr.operate.desk import Desk, utc_now
from dfr.operate.fleet import Berth
from dfr.operate.people import People, Role, issue_tokens, read_people, write_people
from dfr.operate.replay import replay_calls
from dfr.operate.room import LiveShift
from dfr.operate.setup import ShiftOptions, open_shift
from dfr.operate.simulated import engine_of
from dfr.operate.supervisor import ALIVE, Supervisor
from dfr.plan.model import Plan
from dfr.store.landing_cache import use_landing_cache
from dfr.store.shift_log import KEEP_DAYS, ShiftLog
from dfr.web.guard import Access
from dfr.web.operate import operate_app
from dfr.web.video import VideoGateway, read_video
from dfr.world.model import World

app = typer.Typer(add_completion=False, rich_markup_mode=None)

PLAN, PEOPLE = "plan.json", "people.json"
TOLD_S = 2.0
"""So long the pages are still served after the end: each asks twice a second, and says that it has come."""
PERSONS = ("viewer:viewer", "safety:safety", "pilot:pilot", "lead:lead", "cad:cad")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleOptions:
    """Who takes part, and for how long their tokens hold."""

    person: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:ROLE",
            help="A person, or a CAD system, who gets a token: viewer, safety, pilot, lead or cad."
            " Repeatable; if not given, one of each role.",
        ),
    ] = None
    token_hours: Annotated[float, typer.Option(min=0.1, help="For how many hours tokens are valid.")] = 12.0
    new_tokens: Annotated[
        bool, typer.Option("--new-tokens", help="Issue new tokens; the old ones no longer work.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """Where the shift is served, and by which names."""

    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 8341
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Another name under which this server is reached. Repeatable.")
    ] = None


@app.command()
@with_option_groups
def operate(
    scenario: ScenarioName,
    *,
    vehicle: Annotated[
        list[str],
        typer.Option(
            help="A vehicle: tcp:, tcpin:, udp: or udpout:HOST:PORT, or serial:PATH[:BAUD], each also with"
            " #SYSTEM; or `builtin` or `ardupilot`, which starts a simulated one. Give one for each drone, in"
            " the order of the docks. Repeatable."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the shift: its log, plan, tokens and packet logs.")],
    plan_file: PlanFile = None,
    docks: Docks = None,
    simulated: Annotated[
        bool,
        typer.Option("--simulated", help="All vehicles are simulated (SITL): the shift follows their clock."),
    ] = False,
    speedup: Annotated[
        float, typer.Option(min=0.1, help="How many times faster than real time the simulated vehicles run.")
    ] = 1.0,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When a shift of simulated vehicles begins, such as 2024-08-24T09:00+01:00; if not given, at"
            " the start of the scenario. Real vehicles begin now.",
        ),
    ] = None,
    calls: Annotated[
        Path | None, typer.Option(help="Replay the calls of this CSV file (as for `dfr simulate --calls`).")
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", help="Let the dispatch policy decide in place of people; simulated vehicles only."
        ),
    ] = False,
    people: PeopleOptions,
    hears: ReceiverOptions,
    server: ServerOptions,
    video: Annotated[
        str | None,
        typer.Option(
            metavar="[iframe:]URL",
            help="Where a browser finds the picture of each drone, at a gateway of yours: a WHEP address"
            " (MediaMTX, go2rtc), or with `iframe:` a page. {call_sign}, {dock}, {number} and {vehicle} stand"
            " for the drone, as in http://gateway:8889/{call_sign}/whep.",
        ),
    ] = None,
    supervised: Annotated[
        bool,
        typer.Option(
            "--supervise",
            help="Start the shift again whenever its process is killed or hangs, until it ends.",
        ),
    ] = False,
    options: DayOptions,
    no_cache: NoCache = False,
) -> None:
    """Run a live shift: calls come in, people decide, drones fly, and dfr logs everything.

    dfr prints the address of the Operate page for each role. Calls come from that page, over HTTP from a
    control room's system (CAD: dfr's own JSON, EIDO or CAP 1.2), or from a replay. A drone flies only after
    a pilot has confirmed that very flight; where safety pilots keep drones in sight, one of them must
    confirm it too. If you start the same command again after a crash, the shift goes on: dfr reads its log,
    finds every vehicle and takes over those that fly.

    Ctrl-C recalls every drone and ends the shift once all are down. A second Ctrl-C leaves them flying.
    """
    gateway = None if video is None else read_video(video)
    if supervised:
        _refuse_own_vehicles(vehicle)
        out.mkdir(parents=True, exist_ok=True)
        code, again = Supervisor(out, note, stops=STOPS).supervise()
        if code is not None:
            raise typer.Exit(code)
        people = replace(people, new_tokens=people.new_tokens and not again)
    use_landing_cache(on=not no_cache)
    all_simulated = simulated or engine_of(vehicle) is not None
    if yes and not all_simulated:
        raise InputError("--yes stands for a person's yes with simulated vehicles alone", do="leave it out")
    note(f"reading {scenario} ...")
    world = with_day_files(load_world(find_scenario(scenario)), options.files)
    with ExitStack() as stack:
        log = stack.enter_context(ShiftLog(out, keep_days=_days_kept(world)))
        shift_options = ShiftOptions(
            urls=vehicle,
            simulated=all_simulated,
            speedup=speedup,
            start=start,
            stand_in=yes,
            operator=operator_at_terminal(),
        )
        plan = _plan_of_shift(world, out, plan_file, docks)
        room = stack.enter_context(open_shift(world, plan, log, shift_options))
        room.on_tick = (out / ALIVE).touch
        feeds = stack.enter_context(hears.receivers())
        stack.callback(AirWatch(room, feeds, qnh_hpa=hears.qnh_hpa).close)
        if calls is not None:
            replay_calls(room, calls, world)
        address = stack.enter_context(_serving(room, out, people, server, gateway))
        count = counted_noun(len(vehicle), "vehicle")
        say(f"shift of {count} from {room.setup.start.isoformat()}, at {address}")
        _run_to_end(room)
        (out / ALIVE).unlink(missing_ok=True)
        time.sleep(TOLD_S)
    say(f"shift ended; the log is in {out}")


@contextmanager
def _serving(
    room: LiveShift, out: Path, people: PeopleOptions, server: ServerOptions, video: VideoGateway | None
) -> Iterator[str]:
    """The address of the shift's board and commands, which are served until the end of the block."""
    desk = Desk(room)
    with open_listener(server.host, server.port) as listener:
        port = listener.getsockname()[1]
        address = address_of(server.host, port)
        hosts = allowed_hosts(server.host, port, server.allow_host or [])
        access = Access(hosts=hosts, bearer=True, opened={} if video is None else video.opened)
        known = _people_of_shift(out, people, address=address)
        with serve_beside(operate_app(desk, known, access, video=video), listener):
            yield address


def _run_to_end(room: LiveShift) -> None:
    """The shift until it ends. A first stop recalls every drone, a second leaves them flying."""
    with _stops(room):
        try:
            room.run()
        except KeyboardInterrupt as stop:
            words = "; ".join(_describe_left(room.fleet.berths.values())) or "no drone is in the air"
            raise StoppedError(f"stopped: {words}", do="start it again in the same folder to go on") from stop


def _describe_left(berths: Iterable[Berth]) -> Iterator[str]:
    """What each armed drone does by itself, by its name: two lines may have a system of the same number."""
    for berth in berths:
        if berth.vehicle is not None and berth.vehicle.state.armed:
            yield f"{berth.drone}: {describe_left_vehicle(berth.vehicle)}"


@contextmanager
def _stops(room: LiveShift) -> Iterator[None]:
    def stop(number: int, _: object) -> None:
        for each in STOPS:
            signal.signal(each, stop_at_once)
        air = room.describe_air()
        recalled = f"recalling {air}. A second stop leaves them flying"
        note(f"stopping: {recalled if air else 'no drone is in the air'}")
        room.clock.post(room.stop)

    def stop_at_once(number: int, _: object) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _days_kept(world: World) -> int:
    """For how long what speaks of persons is kept in the log."""
    said = world.scenario.operation.personal_data_days
    return KEEP_DAYS if said is None else said


def _refuse_own_vehicles(urls: Sequence[str]) -> None:
    if engine_of(urls) is not None:
        raise InputError(
            "vehicles that dfr operate starts end with its process", do="start them with `dfr sitl`"
        )


def _plan_of_shift(world: World, out: Path, plan_file: Path | None, docks: int | None) -> Plan:
    """The plan that the shift began with, kept in its folder; a new one for a new shift."""
    kept = out / PLAN
    if kept.exists():
        plan = read_plan(kept, world.scenario)
        other = plan_file is not None and read_plan(plan_file, world.scenario).as_dict() != plan.as_dict()
        if other or docks not in (None, len(plan.sites)):
            raise InputError(f"the shift in {out} has another plan", do="name another folder")
        return plan
    from dfr.cli.options import (
        read_or_make_plan,
    )  # loads the solvers, which a shift that goes on does without
    from dfr.io.files import json_text

    if plan_file is None:
        note("siting docks, routing, checking ...")
    plan = read_or_make_plan(world, plan_file, docks)
    write_atomically(kept, json_text(plan.as_dict()))
    return plan


def _people_of_shift(out: Path, options: PeopleOptions, *, address: str) -> People:
    """The persons of the shift; whoever gets a new token is printed with it, once."""
    kept = out / PEOPLE
    if kept.exists() and not options.new_tokens:
        return read_people(kept)
    issued = issue_tokens(
        [_read_person(text) for text in options.person or PERSONS], now=utc_now(), hours=options.token_hours
    )
    write_people(kept, issued)
    for person, token in issued.items():
        say(f"{person.name} ({person.role}): {address}/?token={token}")
    return People(issued)


def _read_person(text: str) -> tuple[str, Role]:
    name, _, role = text.rpartition(":")
    if not name or role not in set(Role):
        raise InputError(f"--person {text!r}", do=f"NAME:ROLE, with a role of {', '.join(Role)}")
    return name, Role(role)
