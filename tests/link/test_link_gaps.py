"""A vehicle in flight is never left alone: gaps are told and waited out, lines opened again, plans proven."""

from __future__ import annotations

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command
from dfr.ardupilot.modes import CopterMode
from dfr.errors import LinkError
from dfr.link import mavlink, pacing, port
from dfr.link.control_authority import ControlAuthority
from dfr.link.dispatch import fly_dispatch
from dfr.link.framing import Encoder, Framer
from dfr.link.limits import FlightLimits
from dfr.link.link_gaps import GapTolerantLink
from dfr.link.mavlink import RATES_HZ, connect, open_port
from dfr.link.outcome import Event, Outcome
from dfr.link.telemetry import update_state
from dfr.link.transfer import upload_verified
from dfr.link.transport import open_transport
from dfr.link.vehicle import VehicleState

GAP_S = 6.0
MOST_UNHEARD_S = 10.0
"""No vehicle in the air may be without a heartbeat of ours for longer."""


class Clock:
    """A clock that stands still but for `advance`, which waits until the reader has looked at it twice."""

    def __init__(self) -> None:
        self._now_s, self.looked = 0.0, threading.Event()

    def now_s(self) -> float:
        self.looked.set()
        return self._now_s

    def advance(self, seconds: float) -> None:
        self._now_s += seconds
        for _ in range(3):
            self.looked.clear()
            assert self.looked.wait(20.0)


def staying(plan, seconds: float):
    """The plan with a longer stay on scene: there must be something of the flight left after a gap."""
    items = [
        replace(item, params=(seconds, *item.params[1:])) if item.command == Command.NAV_LOITER_TIME else item
        for item in plan.items
    ]
    return replace(plan, items=tuple(items))


@pytest.fixture
def long_stay(dispatch):
    """Long enough at the speed-up of these tests."""
    return staying(dispatch, 120.0)


class Flight:
    """A flight that has something done to it once it is up, and what was told as it happened."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act, self.told, self.acted_at = act, [], 0.0

    def state(self, state: VehicleState) -> None:
        if (state.height_m_home or 0.0) > 10.0 and not self.acted_at:
            self.acted_at = time.monotonic()
            self.act()

    def event(self, event: Event) -> None:
        self.told.append((event, time.monotonic()))

    def words(self, part: str) -> list[str]:
        return [event.what for event, _ in self.told if part in event.what]


@pytest.fixture
def unhurried(start):
    """Starts a vehicle slow enough for a gap to be a small part of its flight."""
    return lambda **options: start(speedup=10.0, **options)


def flown_through(vehicle, plan, flight: Flight, **limits):
    upload_verified(vehicle, plan)
    return fly_dispatch(
        vehicle,
        plan,
        on_state=flight.state,
        on_event=flight.event,
        limits=FlightLimits(gap_s=None, **limits),
    )


def for_a_while(proxy, seconds: float) -> Callable[[], None]:
    def cut() -> None:
        proxy.seen.clear()
        proxy.cut = True
        threading.Timer(seconds, lambda: setattr(proxy, "cut", False)).start()

    return cut


def test_a_gap_is_told_and_the_flight_followed_to_its_end(unhurried, proxy_to, long_stay):
    with (
        unhurried() as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        flight = Flight(for_a_while(proxy, GAP_S))
        flown = flown_through(vehicle, long_stay, flight)
        beats = proxy.count("up", "HEARTBEAT")
    lost = next(at for event, at in flight.told if event.what.startswith("LINK LOST"))
    assert lost - flight.acted_at < 5.0, "told at once"
    assert flight.words("link back after")
    assert flight.words("the plan on board is still the verified one: control continues")
    assert flown.docked
    assert not flown.taken_over
    assert beats > GAP_S, "our heartbeats went on"


@pytest.mark.parametrize("asked_s", [30.0, 120.0])
@pytest.mark.parametrize("heard_first", ["attitude", "mission"])
def test_a_stay_that_began_or_ended_in_a_gap_is_held_against_nobody(long_stay, asked_s, heard_first):
    """After a gap the item known is old until it is told again, and so is the clock."""
    plan = staying(long_stay, asked_s)
    stay = next(n for n, item in enumerate(plan.items, 1) if item.command == Command.NAV_LOITER_TIME)
    beat = dialect.MAVLink_heartbeat_message(2, 3, dialect.MAV_MODE_FLAG_SAFETY_ARMED, CopterMode.AUTO, 4, 3)

    def attitude(t_s: float):
        return dialect.MAVLink_attitude_message(int(1000 * t_s), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def mission(seq: int):
        return dialect.MAVLink_mission_current_message(seq)

    silent_until_s = 80.0
    over_s = 30.0 + asked_s
    now = stay + 1 if over_s < silent_until_s else stay
    first, second = (
        (attitude(silent_until_s), mission(now))
        if heard_first == "attitude"
        else (mission(now), attitude(silent_until_s))
    )
    heard = [beat, attitude(20.0), mission(stay - 1), first, second, attitude(silent_until_s + 0.1)]
    heard += [attitude(max(over_s, silent_until_s + 1.0)), mission(stay + 1), attitude(over_s + 61.0)]
    told: list[str] = []
    control = ControlAuthority(vehicle=None, recorder=None, tell=told.append, wrecked=lambda: False)
    state = VehicleState()
    for message in heard:
        state = update_state(state, message)
        control.watch_stay(plan, state)
    assert not told
    assert not control.taken_over


def test_a_line_that_breaks_is_opened_again(unhurried, proxy_to, long_stay):
    with (
        unhurried() as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        flight = Flight(proxy.hang_up)
        flown = flown_through(vehicle, long_stay, flight)
    assert flight.words("LINK LOST: the vehicle closed the connection")
    assert flight.words("link back after")
    assert flown.docked


def test_a_connection_with_nobody_at_its_other_end_is_made_again(monkeypatch):
    """A relay that hangs keeps the connection open, and the vehicle behind it hears no heartbeat."""
    monkeypatch.setattr(mavlink, "DEAF_S", 0.2)
    beat = dialect.MAVLink_heartbeat_message(dialect.MAV_TYPE_QUADROTOR, 3, 0, 0, 0, 3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20.0)
        with open_port(f"tcp:127.0.0.1:{server.getsockname()[1]}"):
            deaf, _ = server.accept()
            deaf.sendall(Encoder(system=1, component=1).encode(beat))
            again, _ = server.accept()
            again.settimeout(20.0)
            ((heard, _), *_) = Framer().feed(again.recv(4096))
            deaf.close()
            again.close()
    assert heard.get_type() == "HEARTBEAT"


@pytest.mark.parametrize(("silent_s", "anew"), [(GAP_S, False), (0.8 * MOST_UNHEARD_S, True)])
def test_a_silent_connection_is_kept_through_a_gap_and_made_again_before_the_vehicle_misses_us_for_long(
    monkeypatch, silent_s, anew
):
    clock = Clock()
    monkeypatch.setattr(port, "now_s", clock.now_s)
    beat = Encoder(system=1, component=1).encode(
        dialect.MAVLink_heartbeat_message(dialect.MAV_TYPE_QUADROTOR, 3, 0, 0, 0, 3)
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20.0)
        with open_port(f"tcp:127.0.0.1:{server.getsockname()[1]}") as line, server.accept()[0] as first:
            line.heartbeat_s = 0.05
            first.sendall(beat)
            while (1, 1) not in line.losses:
                clock.looked.wait(0.01)
            clock.advance(silent_s)
            assert (line.last_failure is not None) is anew
            if anew:
                server.accept()[0].close()


def test_on_a_line_opened_again_the_vehicle_is_asked_for_its_rates_once_more(unhurried, proxy_to):
    """Also where nobody flies it: a page that only watches must not be left with heartbeats alone."""
    with (
        unhurried() as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        proxy.seen.clear()
        proxy.hang_up()
        deadline = time.monotonic() + 20.0
        while proxy.count("up", "COMMAND_LONG") < len(RATES_HZ) and time.monotonic() < deadline:
            time.sleep(0.05)
        asked = {
            int(message.param1) for way, message in proxy.seen
            if way == "up" and message.get_type() == "COMMAND_LONG"
        }  # fmt: skip
        assert vehicle.heard
    assert asked == set(RATES_HZ)


def test_after_a_gap_another_plan_on_board_is_watched_and_left_alone(unhurried, proxy_to, long_stay):
    """Somebody changes the mission while we hear nothing: the director commands nothing more."""

    def change_and_return() -> None:
        with connect(running.urls[1], simulated=True, our_system=254) as other:
            upload_verified(other, staying(long_stay, 30.0), while_active=True)
        proxy.seen.clear()
        proxy.cut = False

    def cut() -> None:
        proxy.cut = True
        threading.Timer(4.0, change_and_return).start()

    with (
        unhurried() as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        flight = Flight(cut)
        flown = flown_through(vehicle, long_stay, flight)
        commands = {
            message.command for way, message in proxy.seen
            if way == "up" and message.get_type() in ("COMMAND_LONG", "COMMAND_INT")
        }  # fmt: skip
    assert flight.words("the plan on board is no longer the verified one: mission:"), flight.words("")
    assert flown.outcome is Outcome.TAKEN_OVER
    assert flown.disarmed, "watched to its end"
    assert commands <= {dialect.MAV_CMD_SET_MESSAGE_INTERVAL}


def test_a_vehicle_that_is_never_heard_again_is_given_up_in_the_end(unhurried, proxy_to, long_stay):
    """Not before its flight should have ended, and with all that was known kept."""
    with (
        unhurried() as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        flight = Flight(lambda: setattr(proxy, "cut", True))
        early = -600.0  # this plan's own limit lies minutes ahead
        flown = flown_through(vehicle, long_stay, flight, give_up_s=early)
    assert flight.words("given up")
    assert not flown.disarmed
    assert not flown.docked
    assert len(flown.track.t_s) > 1


def test_a_disarmed_vehicle_that_falls_silent_is_an_error(unhurried, proxy_to):
    with (
        unhurried() as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        proxy.cut = True
        with pytest.raises(LinkError, match="silent"):
            vehicle.wait(lambda state: False, vehicle_s=1e6, what="never")


def test_a_line_that_the_vehicle_closed_is_told_as_closed_though_it_opens_again(unhurried, proxy_to):
    """Whoever listens there accepts our new connection, and no vehicle speaks on it."""
    with (
        unhurried() as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        first_opened_at = vehicle.port.opened_at
        proxy.cut = True
        proxy.hang_up()
        while vehicle.port.opened_at == first_opened_at:
            time.sleep(0.01)
        assert not vehicle.heard
        with pytest.raises(LinkError, match="closed the connection"):
            vehicle.check_link()
        proxy.cut = False
        while not vehicle.heard:
            time.sleep(0.01)
        vehicle.check_link()


@pytest.mark.parametrize("unread", [b"", b"a heartbeat of ours"])
def test_a_vehicle_that_closes_is_told_as_closed_whether_or_not_it_read_all_we_sent(unread):
    """With something unread the system resets the connection instead of ending it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = open_transport(f"tcp:127.0.0.1:{server.getsockname()[1]}")
        vehicle, _ = server.accept()
        if unread:
            line.write(unread, None)
            select.select([vehicle], [], [])
        vehicle.close()
        select.select([line.fileno()], [], [])
        with pytest.raises(LinkError, match="the vehicle closed the connection"):
            line.read()
        line.close()


@pytest.mark.slow
def test_a_command_given_in_a_gap_is_given_again_when_the_link_is_back(unhurried, proxy_to, long_stay):
    """As the pilots of a shift command: step by step, without a director."""

    class Up(Exception):  # noqa: N818 - how far the test wants it flown
        pass

    def up() -> None:
        raise Up

    told: list[str] = []
    with (
        unhurried() as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        with pytest.raises(Up):
            flown_through(vehicle, long_stay, Flight(up))
        link = GapTolerantLink(vehicle, long_stay, told.append)
        for_a_while(proxy, GAP_S)()
        link.do(lambda: vehicle.set_mode(CopterMode.RTL))
        assert vehicle.state.mode == CopterMode.RTL
        for_a_while(proxy, GAP_S)()
        link.wait(lambda state: state.armed is False, vehicle_s=300.0, what="down")
    assert [words for words in told if words.startswith("LINK LOST")]
    assert [words for words in told if words.startswith("link back after")]


@contextmanager
def serial_device(target: str, path: Path) -> Iterator[Callable[[], None]]:
    """A serial device at `path`, with a vehicle at its other end; the function unplugs it for a second."""
    _, host, port = target.split(":")
    stop, unplug = threading.Event(), threading.Event()

    def run() -> None:
        with socket.create_connection((host, int(port))) as vehicle:
            while not stop.is_set():
                ours, theirs = pty.openpty()
                tty.setraw(theirs)
                path.symlink_to(os.ttyname(theirs))
                unplug.clear()
                while not (stop.is_set() or unplug.is_set()):
                    for ready in select.select([ours, vehicle], [], [], 0.05)[0]:
                        if ready is vehicle:
                            os.write(ours, vehicle.recv(65536))
                        else:
                            vehicle.sendall(os.read(ours, 65536))
                path.unlink()
                os.close(ours)
                os.close(theirs)
                stop.wait(1.0)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not path.is_symlink():
        time.sleep(0.01)
    try:
        yield unplug.set
    finally:
        stop.set()
        thread.join(timeout=5.0)


@pytest.mark.slow
def test_a_serial_device_that_was_unplugged_is_opened_again(unhurried, long_stay, tmp_path):
    device = tmp_path / "ttyUSB0"
    with (
        unhurried() as running,
        serial_device(running.url, device) as unplug,
        connect(f"serial:{device}:921600", simulated=True) as vehicle,
    ):
        flight = Flight(unplug)
        flown = flown_through(vehicle, long_stay, flight)
    assert flight.words("LINK LOST: the serial line")
    assert flight.words("link back after")
    assert flown.docked


def test_a_gap_does_not_make_the_vehicles_clock_look_fast(monkeypatch):
    """The first message after a gap may carry no time: the old one would make the next a jump."""
    now = [0.0]
    monkeypatch.setattr(pacing.time, "monotonic", lambda: now[0])
    pace = pacing.ClockRate()
    rates = []
    for wall_s, vehicle_s in ((0.0, 0.0), (0.6, 6.0), (0.7, 7.0), (6.7, 7.0), (6.8, 68.0), (7.4, 74.0)):
        now[0] = wall_s
        rates.append(pace.measure_rate(vehicle_s))
    assert [rate for rate in rates if rate is not None] == pytest.approx([10.0, 10.0, 10.0])


STOPPED = """
import sys, time
from dfr.link.mavlink import RATES_HZ, connect
with connect(sys.argv[1], simulated=True) as vehicle:
    print("up", flush=True)
    begun = time.monotonic()
    while (t_s := time.monotonic() - begun) < 3.0 or (vehicle.port.stopped_s == 0.0 and t_s < 120.0):
        vehicle.check_link()
    print(f"heard {vehicle.heard} stopped {vehicle.port.stopped_s:.0f}", flush=True)
"""


def test_a_process_that_was_stopped_reads_what_waits_before_it_calls_the_link_lost(unhurried):
    with (
        unhurried() as running,
        subprocess.Popen(
            [sys.executable, "-c", STOPPED, running.url], stdout=subprocess.PIPE, text=True
        ) as ours,
    ):
        assert ours.stdout is not None
        assert ours.stdout.readline() == "up\n"
        ours.send_signal(signal.SIGSTOP)
        time.sleep(5.0)
        ours.send_signal(signal.SIGCONT)
        said = ours.communicate(timeout=900)[0]
    assert ours.returncode == 0, "no LinkTimeoutError"
    assert said.startswith("heard True stopped 5")
