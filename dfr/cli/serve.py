"""`dfr serve`: serves the web pages, to this machine only unless --host says otherwise."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.aircraft.catalogue import drone_of, find_drone
from dfr.ardupilot.commands import Command
from dfr.cli.options import DayOptions, NoCache, with_option_groups
from dfr.cli.output import emit_json, note, say
from dfr.cli.server import address_of, allowed_hosts, make_server, open_listener
from dfr.cli.stopping import stop_once
from dfr.errors import InputError, LinkError, StoppedError
from dfr.findings import counted_noun
from dfr.io.place_names import load_place_names
from dfr.io.scenario_files import DayFiles, find_scenario
from dfr.link.lost_link import TAKE_OVER, describe_left_vehicle
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.store.landing_cache import use_landing_cache
from dfr.store.origin import LoadedRun, load_run, on_the_day_of
from dfr.store.personal_data import retention_lines
from dfr.web.app import make_app
from dfr.web.base_map import read_tile_server
from dfr.web.control import Control
from dfr.web.editor import ScenarioEditor
from dfr.web.guard import Access, is_loopback
from dfr.web.home import make_workspace_app
from dfr.web.live import LiveVehicle
from dfr.web.page_data import PageData, ServedVehicle
from dfr.web.replay import stored_flights
from dfr.web.runs import SimulationRuns
from dfr.web.workspace import Workspace
from firmware_sitl.start import start_vehicle

app = typer.Typer(add_completion=False, rich_markup_mode=None)

BUILTIN = "builtin"
STAND_IN = "arducopter-sitl-quad"
PMTILES = b"PMTiles\x03"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The vehicles to watch: where they are, where each camera streams, and what may be done."""

    urls: tuple[str, ...]
    rtsp: tuple[str, ...]
    allow_control: bool
    speedup: float


@app.command()
@with_option_groups
def serve(
    file: Annotated[str | None, typer.Argument(metavar="[SCENARIO]", help="The same as --scenario.")] = None,
    *,
    scenario: Annotated[
        str | None, typer.Option(help="Plan this scenario: a file, or the name of a shipped one.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Folder of deployments that Home shows; if not given, the current one."
            " Used without a scenario, --run and --vehicle."
        ),
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option(
            help="File of place names for New deployment: a GeoNames table, or a CSV with lat and lon."
        ),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="Show this run: the --out folder of `dfr rehearse` or `dfr simulate`.")
    ] = None,
    vehicle: Annotated[
        list[str] | None,
        typer.Option(
            help="Watch a vehicle: tcp:HOST:PORT or udpin:..., either with #SYSTEM, or `builtin`. Repeatable."
        ),
    ] = None,
    allow_control: Annotated[
        bool,
        typer.Option(
            "--allow-control", help="Let the page command the vehicle; each command must be confirmed."
        ),
    ] = False,
    basemap: Annotated[
        Path | None, typer.Option(help="A PMTiles file of your own, drawn under everything.")
    ] = None,
    tiles: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Tiles of a server, drawn under everything: https://HOST/{z}/{x}/{y}.png, or .pbf for vector"
            " tiles. The browser asks that server, which so learns where you plan.",
        ),
    ] = None,
    tiles_by: Annotated[
        str, typer.Option(metavar="TEXT", help="Whose the tiles are, as they ask to be named on the map.")
    ] = "",
    rtsp: Annotated[
        list[str] | None,
        typer.Option(
            help="Address of a vehicle's camera stream to show, in the order of the vehicles. Repeatable."
        ),
    ] = None,
    speedup: Annotated[
        float, typer.Option(min=1.0, help="How many times faster than real time the built-in vehicle runs.")
    ] = 1.0,
    host: Annotated[
        str, typer.Option(help="Address to listen on; visitors to any address but loopback need a token.")
    ] = ("127.0.0.1"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 8340,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Another name under which browsers reach this server. Repeatable."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Number of processes that simulate.")] = 2,
    options: DayOptions,
    no_cache: NoCache = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the address as JSON before serving.")
    ] = False,
) -> None:
    """Serve plan, simulation, replay and live view to a browser.

    The pages fetch nothing from the Internet, unless you give --tiles.

    Without a scenario, a run and a vehicle the pages begin with Home: the deployments of a folder.
    Ctrl-C ends it. The pages can only watch vehicles, unless you give --allow-control.
    """
    if file is not None and scenario is not None:
        raise InputError(f"{file} and --scenario {scenario}", do="give one of them")
    scenario = file if scenario is None else scenario
    if run is not None and scenario is not None:
        note("--scenario says where the scenario of --run is now")
    use_landing_cache(on=not no_cache)
    archive = None if basemap is None else _check_basemap(basemap)
    tile_server = None if tiles is None else read_tile_server(tiles, tiles_by)
    token = None if is_loopback(host) else secrets.token_urlsafe(24)
    watched = Watched(
        urls=tuple(vehicle or ()), rtsp=tuple(rtsp or ()), allow_control=allow_control, speedup=speedup
    )
    with open_listener(host, port) as listener, ExitStack() as stack:
        own = listener.getsockname()[1]
        access = Access(
            hosts=allowed_hosts(host, own, allow_host or []),
            token=token,
            opened={} if tile_server is None else tile_server.opened,
        )
        served: Sequence[ServedVehicle] = ()
        if scenario is None and run is None and not vehicle:
            _refuse_day_files(options.files)
            names = None if places is None else load_place_names(places)
            workspace = Workspace(
                folder or Path(), jobs=jobs, basemap=archive, tiles=tile_server, names=names
            )
            stack.callback(workspace.close)
            for line in workspace.apply_retention():
                note(line)
            web = make_workspace_app(workspace, access)
        else:
            _refuse_folder(folder)
            for line in _apply_keeping_times(scenario, run):
                note(line)
            pages = stack.enter_context(_open_pages(scenario, run, watched, jobs=jobs, files=options.files))
            pages.basemap, pages.tiles, served = archive, tile_server, pages.served
            web = make_app(pages, access)
        address = f"{address_of(host, own)}/" + (f"?token={token}" if token else "")
        if as_json:
            emit_json({"url": address, "control": allow_control})
        else:
            say(f"serving {address}")
        with stop_once(), _report_left_flying(served):
            make_server(web).run(sockets=[listener])


def _apply_keeping_times(scenario: str | None, run: Path | None) -> list[str]:
    """Erase data about people past their time, here and beside what is served; what a person must know."""
    places = {Path.cwd()}
    if scenario is not None:
        places.add(find_scenario(scenario).resolve().parent)
    if run is not None:
        places.add(run.resolve().parent)
    return [line for place in sorted(places) for line in retention_lines(place)]


def _refuse_day_files(files: DayFiles) -> None:
    """Raise InputError for weather or NOTAMs of the day that no deployment is named for."""
    if files:
        raise InputError("weather and NOTAMs of the day belong to a deployment", do="name its scenario too")


def _refuse_folder(folder: Path | None) -> None:
    """Raise InputError for a folder beside a scenario, a run or a vehicle, which are served alone."""
    if folder is not None:
        raise InputError(
            "--folder serves Home, and a scenario, a run or a vehicle is named", do="leave one out"
        )


@contextmanager
def _report_left_flying(vehicles: Sequence[ServedVehicle]) -> Iterator[None]:
    """When the server stops, say which vehicles in the air it could command and now leaves."""
    try:
        yield
    except KeyboardInterrupt as stop:
        commanded = [served.live.vehicle for served in vehicles if served.control.allowed]
        left = [describe_left_vehicle(vehicle) for vehicle in commanded if vehicle.state.armed]
        if not left:
            raise
        raise StoppedError(f"stopped: {'; '.join(left)}", do=f"{TAKE_OVER}") from stop


def _check_basemap(path: Path) -> Path:
    """The path of a PMTiles file of version 3. Raises InputError for any other file."""
    try:
        with path.open("rb") as file:
            start = file.read(len(PMTILES))
    except OSError as error:
        raise InputError(f"--basemap {path}: {error.strerror}", do="name a .pmtiles file") from error
    if start != PMTILES:
        raise InputError(
            f"--basemap {path}: not PMTiles version 3", do="make one, for example `pmtiles convert`"
        )
    return path.resolve()


@contextmanager
def _open_pages(
    scenario: str | None, run: Path | None, watched: Watched, *, jobs: int, files: DayFiles
) -> Iterator[PageData]:
    """Everything behind the pages, opened and closed."""
    pages = PageData(runs=SimulationRuns(jobs=jobs))
    if run is not None:
        note(f"reading {run} ...")
        found = load_run(run, scenario=scenario)
        _show_run(pages, on_the_day_of(found, files) if files else found)
    elif scenario is not None:
        note(f"planning {scenario} ...")
        pages.editor = ScenarioEditor(find_scenario(scenario), day=files)
    with ExitStack() as stack:
        stack.callback(pages.close)
        for number in range(len(watched.urls)):
            _connect_vehicle(pages, watched, number, stack)
        yield pages


def _show_run(pages: PageData, found: LoadedRun) -> None:
    """A run on the pages: its plan, its records and its flights."""
    pages.editor = ScenarioEditor(Path(found.world.scenario.file), plan=found.plan, day=found.day)
    if found.records is not None and found.summary is not None:
        state = pages.editor.step.state
        pages.runs.add_run(
            _run_label(found), found.world, found.plan, found.records, found.summary, state=state
        )
    ceiling_m = found.world.scenario.operation.height_limit_m_agl
    pages.flights = stored_flights(found.folder, ceiling_m=ceiling_m)


def _run_label(found: LoadedRun) -> str:
    return f"{found.folder.resolve().name}: {', '.join(site.name for site in found.plan.sites)}"


def _connect_vehicle(pages: PageData, watched: Watched, number: int, stack: ExitStack) -> None:
    """A vehicle on the live page; `builtin` is started here and ended with the server."""
    url, simulated, speedup = watched.urls[number], False, 1.0
    if url == BUILTIN:
        builtin = watched.urls[:number].count(BUILTIN)
        url, simulated, speedup = (
            _start_builtin(pages, builtin, watched.speedup, stack),
            True,
            watched.speedup,
        )
    note(f"connecting to {url} ...")
    address, _, system = url.partition("#")
    if system and not system.isdecimal():
        raise InputError(
            f"--vehicle {url}: {system!r} is not a system id", do=f"write for example {address}#1"
        )
    vehicle = stack.enter_context(
        connect(address, system=int(system) if system else None, simulated=simulated)
    )
    _ask_for_wind(vehicle)
    real = None if pages.editor is None or simulated else pages.editor.step.world.scenario.fleet
    drone = find_drone(STAND_IN) if real is None else drone_of(real)
    rtsp = watched.rtsp[number] if number < len(watched.rtsp) else ""
    live = LiveVehicle(vehicle, drone=drone, rtsp=rtsp)
    control = Control(
        vehicle, allowed=watched.allow_control, place=pages.world_and_plan, speedup=speedup, number=number + 1
    )
    pages.served.append(ServedVehicle(live=live, control=control))


def _start_builtin(pages: PageData, number: int, speedup: float, stack: ExitStack) -> str:
    """The address of a built-in vehicle on a dock of the plan, each on its own, in the planning wind."""
    if pages.editor is None:
        raise InputError("the built-in vehicle needs a place to stand", do="give --scenario or --run too")
    step = pages.editor.step
    wind, sites = step.plan.planning_wind, step.plan.sites
    if number >= len(sites):
        raise InputError(
            f"{counted_noun(number + 1, 'built-in vehicle')} for {counted_noun(len(sites), 'dock')}",
            do="at most one for each dock",
        )
    site = sites[number].position
    params = {} if wind is None else {"SIM_WIND_SPD": wind.wind_mps, "SIM_WIND_DIR": wind.wind_from_deg}
    running = stack.enter_context(
        start_vehicle(
            engine="builtin",
            home=site,
            home_m_amsl=step.world.terrain.ground_m_amsl(site) or 0.0,
            speedup=speedup,
            params=params,
        )
    )
    return running.url


def _ask_for_wind(vehicle: MavlinkVehicle) -> None:
    """Ask for the vehicle's wind estimate; an autopilot without one goes without."""
    try:
        vehicle.command(Command.SET_MESSAGE_INTERVAL, float(dialect.MAVLINK_MSG_ID_WIND), 1e6)
    except LinkError as error:
        note(f"no wind estimate: {error}")
