"""Orders to a drone in the air, a line each: `dfr fly --orders`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from dfr.cli.fly_orders import Go, Home, OrderDesk, Wait, order_desk, parse_order
from dfr.errors import InputError, VehicleRefusedError
from dfr.geo import Position, offset
from dfr.link.orders import NewTask, Recall
from dfr.link.vehicle import VehicleState
from firmware_sitl.start import start_vehicle

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
BAD_LINES = (
    "", "go", "go for 60", "go 50.78,-1.09", "go 50.78 for 60", "go 50.78,-1.09 for -1", "go 91,0 for 60",
    "go 50.78,-1.09 for nan", "go 50.78,-1.09 for inf", "go nan,0 for 60", "home now", "land", "wait",
    "wait -3", "\x00\xff",
)  # fmt: skip


def test_a_way_and_a_stay_are_read():
    order = parse_order("go 50.7815,-1.0890 50.782,-1.088 for 60")
    assert order == Go(
        places=(Position(lat_deg=50.7815, lon_deg=-1.0890), Position(lat_deg=50.782, lon_deg=-1.088)),
        on_scene_s=60.0,
    )
    assert (parse_order(" home "), parse_order("wait 20")) == (Home(), Wait(seconds=20.0))


@pytest.mark.parametrize("line", BAD_LINES)
def test_what_is_no_order_is_refused(line):
    with pytest.raises(InputError):
        parse_order(line)


def look(desk: OrderDesk, t_s: float = 0.0) -> None:
    desk(VehicleState(t_s=t_s))


def given(desk: OrderDesk) -> NewTask | Recall | None:
    return desk.orders.take_next()


def test_the_next_order_is_given_when_the_one_before_is_answered(capsys):
    desk = OrderDesk(ask=False)
    for line in ("go 50.7815,-1.0890 for 60", "nonsense", "home"):
        desk.lines.put(line)
    look(desk)
    first = given(desk)
    assert isinstance(first, NewTask)
    look(desk)
    assert given(desk) is None
    first.done.set_exception(VehicleRefusedError("it is low -> wait"))
    look(desk)
    look(desk)
    assert isinstance(given(desk), Recall)
    told = capsys.readouterr().err
    assert "order REFUSED: it is low" in told
    assert "'nonsense' is not an order" in told


def test_a_wait_counts_the_vehicles_seconds():
    desk = OrderDesk(ask=False)
    desk.lines.put("wait 20")
    desk.lines.put("home")
    for t_s in (100.0, 110.0, 119.9):
        look(desk, t_s)
        assert given(desk) is None
    look(desk, 120.0)
    assert isinstance(given(desk), Recall)


@pytest.mark.parametrize(("answer", "flown"), [("yes", True), ("y", False), ("home", False), ("no", False)])
def test_on_hardware_only_a_yes_on_the_next_line_sends_an_order(answer, flown, capsys):
    desk = OrderDesk(ask=True)
    desk.lines.put("home")
    look(desk)
    assert given(desk) is None
    assert "write 'yes' to send it" in capsys.readouterr().err
    desk.lines.put(answer)
    look(desk)
    assert (given(desk) is not None) is flown


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with (
        pytest.raises(InputError, match="no-such-file: cannot be read"),
        order_desk(str(tmp_path / "no-such-file"), ask=False),
    ):
        pass


def test_a_pipe_is_read_as_it_is_written(tmp_path):
    pipe = tmp_path / "orders"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    try:
        with order_desk(str(pipe), ask=False) as desk:
            look(desk)
            assert given(desk) is None
            os.write(writer, b"home\n")
            deadline = time.monotonic() + 60.0
            while desk.lines.empty() and time.monotonic() < deadline:
                time.sleep(0.01)
            look(desk)
            assert isinstance(given(desk), Recall)
    finally:
        os.close(writer)


def test_a_flight_is_sent_on_and_called_home_by_lines_of_standard_input(tmp_path):
    north, east = (offset(HOME, bearing_deg=bearing, distance_m=60.0) for bearing in (0.0, 90.0))
    rows = [(0, 16, HOME, 3.0, 0), (3, 22, HOME, 20.0, 0), (3, 19, north, 20.0, 600), (3, 20, None, 0.0, 0)]
    lines = [
        f"{seq}\t{int(seq == 0)}\t{frame}\t{command}\t{stay}\t0\t0\t0\t"
        f"{place.lat_deg if place else 0:.8f}\t{place.lon_deg if place else 0:.8f}\t{height:.2f}\t1"
        for seq, (frame, command, place, height, stay) in enumerate(rows)
    ]
    file = tmp_path / "stay.waypoints"
    file.write_text("\n".join(["QGC WPL 110", *lines]) + "\n")
    orders = f"wait 40\ngo {east.lat_deg:.7f},{east.lon_deg:.7f} for 600\nwait 40\nhome\n"
    with start_vehicle(engine="builtin", home=HOME, home_m_amsl=3.0, speedup=20.0) as running:
        command = ["fly", str(file), "--vehicle", running.url, "--simulated", "--orders", "-", "--json"]
        flown = subprocess.run(
            [sys.executable, "-m", "dfr", *command],
            input=orders, capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
    assert flown.returncode == 0, flown.stderr
    said = [event["what"] for event in json.loads(flown.stdout)["events"]]
    assert [what for what in said if what in ("flying to the new task", "recalled by order")] == [
        "flying to the new task",
        "recalled by order",
    ]
    assert flown.stderr.count("order: done") == 2
