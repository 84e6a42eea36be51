"""Fixtures that give anyone's tests a simulated vehicle.

    @pytest.mark.sitl(wind=(6.0, 270.0))
    def test_my_mission(fly_mission):
        flight = fly_mission([...])
        assert_landed_at(flight, HOME)

`sitl_vehicle` is a vehicle on the ground, `sitl_fleet` several, and `start_sitl` starts others; `dfr_link`
(`dfr.link.pytest_plugin`) is `sitl_vehicle` over the link that flies hardware. `--sitl-engine` chooses
the built-in vehicle, a real ArduCopter SITL, or (`auto`) the ArduCopter that DFR_ARDUCOPTER names and
otherwise the built-in one; pytest's header and every JUnit case name it. `--sitl-speedup` is the vehicles'
pace, `--sitl-home` where they stand, `--sitl-artifacts` where failed tests leave what they flew. The
marker `sitl` says how the vehicles of a test are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from firmware_sitl import BUILTIN_VERSION

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dfr.ardupilot.items import WireItem
    from firmware_sitl.client import SitlClient
    from firmware_sitl.flights import MissionFlight
    from firmware_sitl.start import RunningVehicle

    Start = Callable[..., AbstractContextManager[RunningVehicle]]

ENGINES = ("builtin", "ardupilot", "auto")
FAILED = pytest.StashKey[bool]()
FROM_MISSION = pytest.StashKey["WireItem"]()
"""Item 0 of the mission that a test flies before it has named any home."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options."""
    group = parser.getgroup("sitl", "simulated vehicles")
    group.addoption(
        "--sitl-engine",
        default="auto",
        choices=ENGINES,
        help="which vehicle to start; other autopilots, such as PX4, are not supported",
    )
    group.addoption("--sitl-speedup", default=20.0, type=float, help="vehicle seconds in a second")
    group.addoption("--sitl-home", metavar="LAT,LON[,ALT[,HDG]]", help="where vehicles start")
    group.addoption("--sitl-artifacts", metavar="FOLDER", help="keep what the vehicles of failed tests flew")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    config.addinivalue_line(
        "markers",
        "sitl(home=, params=, wind=, frame=, count=): the simulated vehicles of a test (docs/sitl.md)",
    )


def pytest_report_header(config: pytest.Config) -> str:
    """The engine that the tests will fly, before any of them does."""
    return f"sitl: {_describe_engine(config)}, {config.getoption('--sitl-speedup'):g} times real time"


def _describe_engine(config: pytest.Config) -> str:
    engine = config.getoption("--sitl-engine")
    if engine == "builtin" or (engine == "auto" and not os.environ.get("DFR_ARDUCOPTER")):
        return f"builtin ({BUILTIN_VERSION})"  # without a second of imports before anybody's tests
    from dfr.errors import DfrError
    from firmware_sitl.ardupilot import find_arducopter

    try:
        found = find_arducopter()
    except DfrError as error:
        return f"none: {error}"
    return "none: no ArduCopter SITL found" if found is None else f"ardupilot ({found.version})"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember a failure, so that what was flown is kept."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        flown = [f"{name}: {said}" for name, said in item.user_properties if name.startswith("sitl ")]
        if flown:
            report.sections.append(("simulated vehicles", "\n".join(flown)))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let no test pass whose own marker has reached no vehicle."""
    result = yield
    if any(mark.name == "sitl" for mark in item.own_markers):
        from firmware_sitl.pytest_marker import was_read

        if not was_read(item):
            pytest.fail(
                "@pytest.mark.sitl says how a vehicle is, but no fixture of the test has one -> ask for "
                "fly_mission, sitl_client, sitl_vehicle, sitl_fleet, dfr_link or start_sitl",
                pytrace=False,
            )
    return result


@pytest.fixture
def start_sitl(request: pytest.FixtureRequest) -> Iterator[Start]:
    """`start_sitl(**options)`: a context manager of a vehicle, with the options of `start_vehicle`.

    What is not given comes from the marker `sitl`, then from the command line.
    """
    from firmware_sitl.artifacts import WRITES_LOG, artifacts_folder, kept_vehicles
    from firmware_sitl.pytest_marker import read_marker
    from firmware_sitl.start import start_vehicle

    wanted = read_marker(request)
    given = {
        "engine": request.config.getoption("--sitl-engine"),
        "speedup": request.config.getoption("--sitl-speedup"),
    }
    logs = WRITES_LOG if artifacts_folder(request.config) else {}
    with kept_vehicles(request, FAILED) as keep:

        @contextmanager
        def start(**options: Any) -> Iterator[RunningVehicle]:
            asked = {**given, **wanted.options(request.node.stash.get(FROM_MISSION, None)), **options}
            asked["params"] = {**logs, **(asked["params"] or {})}
            with start_vehicle(**asked) as vehicle, keep(vehicle):
                request.node.user_properties.append(
                    (f"sitl system {vehicle.system_id}", f"{vehicle.engine}: {vehicle.version}")
                )
                yield vehicle

        yield start


@pytest.fixture
def sitl_vehicle(
    start_sitl: Start,
) -> Iterator[RunningVehicle]:
    """A vehicle on the ground at home, waiting for a client; ended with the test."""
    with start_sitl() as vehicle:
        yield vehicle


@pytest.fixture
def sitl_fleet(request: pytest.FixtureRequest, start_sitl: Start) -> Iterator[list[RunningVehicle]]:
    """As many vehicles as the marker's `count` says, 5 m apart to the east, with system ids from 1."""
    from firmware_sitl.pytest_marker import read_marker

    wanted = read_marker(request)
    with ExitStack() as stack:
        yield [
            stack.enter_context(start_sitl(system_id=number + 1, home=wanted.stand(number)))
            for number in range(wanted.count)
        ]


@pytest.fixture
def sitl_client(request: pytest.FixtureRequest, sitl_vehicle: RunningVehicle) -> Iterator[SitlClient]:
    """A client of `sitl_vehicle`; with `--sitl-artifacts` it records all it hears."""
    from firmware_sitl.artifacts import record
    from firmware_sitl.client import SitlClient

    with SitlClient(sitl_vehicle.url) as client:
        record(request.config, client, sitl_vehicle)
        yield client


@pytest.fixture
def fly_mission(request: pytest.FixtureRequest) -> Callable[..., MissionFlight]:
    """`fly_mission(items)`: uploads, arms, flies to the end, and returns what was flown.

    The first item is home, as on the vehicle, and there the vehicle stands, unless the test has named
    another home. Options are those of `firmware_sitl.flights.fly_mission`, such as `most_s`.
    """
    from firmware_sitl import flights
    from firmware_sitl.artifacts import write_track
    from firmware_sitl.pytest_marker import refuse_far

    def run(items: Sequence[WireItem], **options: float) -> MissionFlight:
        flights.refuse_unflyable(items)
        request.node.stash[FROM_MISSION] = items[0]
        client: SitlClient = request.getfixturevalue("sitl_client")
        client.wait_ready()
        refuse_far(client, items)
        flight = flights.fly_mission(client, items, **options)
        vehicle: RunningVehicle = request.getfixturevalue("sitl_vehicle")
        write_track(request.config, flight, vehicle)
        return flight

    return run
