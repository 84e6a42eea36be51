"""A live shift over two built-in vehicles, by their clock: four calls, from people and from a CAD system."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from dfr.cli.server import open_listener, serve_beside
from dfr.geo import Position, distance_m
from dfr.operate.desk import Desk
from dfr.operate.people import People, Role, issue_tokens
from dfr.operate.room import LiveShift
from dfr.operate.setup import ShiftOptions, open_shift
from dfr.store.shift_log import ShiftLog, read_shift_log
from dfr.web.guard import Access
from dfr.web.operate import operate_app
from dfr.world.demand import zone_centres
from tests.shipped import plan_of, world_of

SCENARIO = "victorious-2024"
SPEEDUP = 20.0
START = datetime(2024, 8, 23, 11, 0, tzinfo=UTC)
WITHIN_S = 300.0
"""Only ends a test that hangs."""


@dataclass
class Rig:
    """A shift that runs, and how its people and systems reach it."""

    room: LiveShift
    port: int
    tokens: dict[str, str]
    folder: Path
    thread: threading.Thread

    def post(self, who: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and the document of what somebody sends."""
        return self.request("POST", path, self.tokens[who], json.dumps(body))

    def request(self, method: str, path: str, token: str, body: str = "") -> tuple[int, dict[str, Any]]:
        """The status and the document of a request with a token."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=60.0)
        line.request(method, path, body or None, {"authorization": f"Bearer {token}"})
        answer = line.getresponse()
        document = json.loads(answer.read())
        line.close()
        return answer.status, document

    def board(self) -> dict[str, Any]:
        """How the shift stands, for the viewer."""
        return self.request("GET", "/api/board", self.tokens["Vi"])[1]

    def wait(self, holds: Any) -> dict[str, Any]:
        """The first board for which something holds."""
        board: dict[str, Any] = {}
        for _ in range(int(WITHIN_S / 0.1)):
            board = self.board()
            if board.get("drones") and holds(board):
                return board
            threading.Event().wait(0.1)
        raise AssertionError(f"never: {board}")

    def call(self, number: int, place: Any, **more: Any) -> tuple[int, dict[str, Any]]:
        """A message of the CAD system about a call."""
        return self.post(
            "Cad",
            "/api/calls",
            {
                "agency": "HC",
                "id": f"HC-{number}",
                "updated_at": "2024-08-23T12:00:00+01:00",
                "grade": "Immediate",
                "text": "a person in the water",
                "position": {"lat_deg": place.lat_deg, "lon_deg": place.lon_deg, "datum": "WGS84"},
                **more,
            },
        )

    def say_yes(self, who: str, command: str, second: str = "", **more: Any) -> tuple[int, dict[str, Any]]:
        """Ask for a command and confirm it, by a second person too where it needs one."""
        status, asked = self.post(who, "/api/ask", {"command": command, **more})
        if status != 200:
            return status, asked
        answer = self.post(who, "/api/confirm", {"key": asked["key"]})
        return self.post(second, "/api/confirm", {"key": asked["key"]}) if second else answer


def drone_in(board: dict[str, Any], drone: str) -> dict[str, Any]:
    return next(row for row in board["drones"] if row["drone"] == drone)


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shift")
    world, plan = world_of(SCENARIO), plan_of(SCENARIO)
    with ExitStack() as stack:
        log = stack.enter_context(ShiftLog(folder))
        options = ShiftOptions(urls=["builtin"] * 2, simulated=True, speedup=SPEEDUP, start=START.isoformat())
        room = stack.enter_context(open_shift(world, plan, log, options))
        now = datetime.now(tz=UTC)
        named = [("Vi", Role.VIEWER), ("Sam", Role.SAFETY), ("Pia", Role.PILOT), ("Lee", Role.LEAD)]
        issued = issue_tokens([*named, ("Cad", Role.CAD)], now=now, hours=1.0)
        old = issue_tokens([("Olga", Role.LEAD)], now=now - timedelta(hours=2.0), hours=1.0)
        listener = stack.enter_context(open_listener("127.0.0.1", 0))
        port = listener.getsockname()[1]
        access = Access(hosts=frozenset({f"127.0.0.1:{port}"}), bearer=True)
        stack.enter_context(serve_beside(operate_app(Desk(room), People([*issued, *old]), access), listener))
        thread = threading.Thread(target=room.run, name="shift")
        thread.start()
        tokens = {person.name: token for person, token in (issued | old).items()}
        rig = Rig(room, port, tokens, folder, thread)
        yield rig
        if thread.is_alive():
            room.clock.post(room.stop)
            thread.join(WITHIN_S)


@pytest.fixture(scope="module")
def places(rig):
    return zone_centres(rig.room.setup.world.scenario)


def wrong_and_expired_tokens_are_told_so_and_nothing_is_done(rig, places):
    rig.wait(lambda board: all(row["state"] == "ready" for row in board["drones"]))
    rig.tokens["Nobody"] = "guess"
    for who, words in (("Nobody", "not known, nothing was done"), ("Olga", "expired at")):
        status, answer = rig.post(who, "/api/ask", {"command": "recall", "drone": "naval-memorial/1"})
        assert (status, answer["error"]["code"]) == (401, "token")
        assert words in answer["error"]["message"]
    status, answer = rig.post("Vi", "/api/ask", {"command": "dispatch", "call": 0, "drone": "x"})
    assert (status, answer["error"]["code"]) == (403, "not-allowed")
    assert rig.request("GET", "/api/board", "")[0] == 401
    assert all(row["armed"] is False for row in rig.board()["drones"])


def a_call_is_one_call_however_often_it_is_sent(rig, places):
    status, answer = rig.call(0, places["castle-stage"])
    assert (status, answer) == (201, {"call": 0, "arrival": "new"})
    status, answer = rig.call(0, places["castle-stage"])
    assert (status, answer) == (200, {"call": 0, "arrival": "same"})
    (row,) = rig.wait(lambda board: board["calls"])["calls"]
    assert (row["zone"], row["waits_for"]) == ("Castle Stage and Castle Field", "a drone")
    assert [offer["blocked"] for offer in row["offers"]] == ["", ""]
    assert row["offers"][0]["overhead_s"] < row["offers"][1]["overhead_s"]


def a_call_outside_every_planned_zone_says_why_no_drone_goes(rig, places):
    place = places["castle-stage"].__class__(lat_deg=50.9, lon_deg=-1.5)
    rig.call(1, place)
    row = rig.wait(lambda board: len(board["calls"]) == 2)["calls"][1]
    assert "no checked route leads there" in row["blocked"]
    status, _ = rig.say_yes("Pia", "close", call=1)
    assert status == 200


def a_yes_to_a_call_that_moved_after_the_question_sends_nothing(rig, places):
    _, asked = rig.post("Pia", "/api/ask", {"command": "dispatch", "call": 0, "drone": "castle-car-park/1"})
    rig.call(0, places["esplanade"], updated_at="2024-08-23T12:01:00+01:00")
    rig.post("Pia", "/api/confirm", {"key": asked["key"]})
    status, answer = rig.post("Sam", "/api/confirm", {"key": asked["key"]})
    assert status == 400
    assert "told anew after the question, nothing was done" in answer["error"]["message"]
    assert drone_in(rig.board(), "castle-car-park/1")["state"] == "ready"
    rig.call(0, places["castle-stage"], updated_at="2024-08-23T12:02:00+01:00")


def a_dispatch_needs_a_pilots_yes_and_a_safety_pilots(rig, places):
    status, asked = rig.post(
        "Pia", "/api/ask", {"command": "dispatch", "call": 0, "drone": "castle-car-park/1"}
    )
    assert (status, asked["second"]) == (200, True)
    assert "SIMULATED drone castle-car-park/1: upload, arm, take off" in asked["words"]
    key = {"key": asked["key"]}
    assert rig.post("Sam", "/api/confirm", key)[0] == 403
    assert rig.post("Pia", "/api/confirm", key)[1]["done"] is False
    status, answer = rig.post("Pia", "/api/confirm", key)
    assert (status, answer["error"]["code"]) == (403, "not-allowed")
    assert drone_in(rig.board(), "castle-car-park/1")["state"] == "ready"
    assert rig.post("Sam", "/api/confirm", key)[1]["done"] is True
    assert rig.post("Sam", "/api/confirm", key)[0] == 400
    row = drone_in(
        rig.wait(lambda board: drone_in(board, "castle-car-park/1")["phase"] == "on_scene"),
        "castle-car-park/1",
    )
    assert (row["call"], row["pilot"], row["state"]) == (0, "Pia", "flying")
    assert row["failsafe"]["words"] == "RTL"


def a_recalled_drone_comes_home_and_its_call_has_ended_attended(rig, places):
    assert rig.say_yes("Pia", "recall", drone="castle-car-park/1")[0] == 200
    board = rig.wait(lambda board: drone_in(board, "castle-car-park/1")["state"] != "flying")
    ended = {row["call"]: row["ended"] for row in board["calls"]}
    assert ended[0] == "attended"
    assert drone_in(board, "castle-car-park/1")["armed"] is False
    assert rig.say_yes("Pia", "recall", drone="castle-car-park/1")[0] == 400
    assert rig.say_yes("Pia", "hold", drone="castle-car-park/1")[0] == 400


def the_whole_flight_is_told_to_whoever_asks_later(rig, places):
    flown, stood = rig.request("GET", "/api/tracks", rig.tokens["Vi"])[1]
    assert len(flown["points"]) > 60, "a point a second of a flight of minutes"
    assert max(point[3] for point in flown["points"]) > 40.0
    assert stood["points"] == []
    known = f"/api/tracks?known={flown['flight']}:{len(flown['points'])}"
    assert rig.request("GET", known, rig.tokens["Vi"])[1][0]["points"] == []
    assert rig.request("GET", "/api/tracks?known=rubbish", rig.tokens["Vi"])[0] == 400
    assert rig.request("GET", "/api/tracks", rig.tokens["Cad"])[0] == 403


def a_helicopter_inbound_is_one_press_and_holds_the_drone_low(rig, places):
    rig.call(2, places["esplanade"])
    rig.wait(lambda board: any(row["call"] == 2 and row["offers"] for row in board["calls"]))
    status, answer = rig.say_yes("Pia", "dispatch", second="Sam", call=2, drone="naval-memorial/1")
    assert (status, answer["done"]) == (200, True)
    rig.wait(lambda board: drone_in(board, "naval-memorial/1")["phase"] == "on_scene")
    rig.call(2, places["castle-stage"], updated_at="2024-08-23T12:05:00+01:00")
    rig.wait(lambda board: any("it has moved" in alert["words"] for alert in board["alerts"]))
    status, answer = rig.post("Sam", "/api/inbound", {"traffic": "coastguard-helicopter"})
    assert status == 200
    assert "goes down to the height of the plan" in answer["words"]
    rig.wait(lambda board: drone_in(board, "naval-memorial/1")["height_m"] < 25.0)
    rig.call(3, places["castle-stage"])
    row = rig.wait(lambda board: any(each["call"] == 3 for each in board["calls"]))
    waits = next(each for each in row["calls"] if each["call"] == 3)
    assert all(offer["drone"] is None for offer in waits["offers"])
    assert rig.say_yes("Sam", "clear", traffic="coastguard-helicopter")[0] == 200
    rig.wait(lambda board: drone_in(board, "naval-memorial/1")["height_m"] > 40.0)


def a_drone_in_the_air_is_sent_on_to_another_call_by_a_yes(rig, places):
    drone = "naval-memorial/1"

    def offered(board: dict[str, Any]) -> list[dict[str, Any]]:
        return [row for call in board["calls"] if call["call"] == 3 for row in call["onward"]]

    (row,) = offered(rig.wait(lambda board: offered(board) and not offered(board)[0]["blocked"]))
    assert (row["drone"], row["leaves"], row["phase"]) == (drone, 2, "on_scene")
    status, asked = rig.post("Pia", "/api/ask", {"command": "retask", "call": 3, "drone": drone})
    assert (status, asked["second"]) == (200, True)
    assert f"SIMULATED drone {drone} leaves call HC-2" in asked["words"]
    rig.post("Pia", "/api/confirm", {"key": asked["key"]})
    assert rig.post("Sam", "/api/confirm", {"key": asked["key"]})[1]["done"] is True
    board = rig.wait(
        lambda board: (drone_in(board, drone)["call"], drone_in(board, drone)["phase"]) == (3, "on_scene")
    )
    lon_deg, lat_deg = drone_in(board, drone)["at"]
    holds = rig.room.fleet.holds_at(1, list(places).index("castle-stage"))
    assert distance_m(Position(lat_deg=lat_deg, lon_deg=lon_deg), holds) < 20.0
    assert {call["call"]: call["ended"] for call in board["calls"]}[2] == "attended"
    assert rig.say_yes("Pia", "recall", drone=drone)[0] == 200


def at_the_end_every_call_has_ended_once_and_the_log_verifies(rig, places):
    rig.wait(lambda board: drone_in(board, "naval-memorial/1")["state"] != "flying")
    status, _ = rig.say_yes("Lee", "end")
    assert status == 200
    rig.thread.join(WITHIN_S)
    board = rig.board()
    assert (board["ended"], board["stalled"]) == (True, False)
    read = read_shift_log(rig.folder)
    assert read.check.is_whole
    ended = [record.content["call"] for record in read.of_kind("call.ended")]
    assert sorted(ended) == [0, 1, 2, 3]
    landed = [record.content for record in read.of_kind("flight") if record.content["what"] == "landed"]
    assert [each["landing"] for each in landed] == ["docked", "docked"]
    orders = [record.content["drone"] for record in read.of_kind("order")]
    assert orders == ["castle-car-park/1", "naval-memorial/1"], "one that was refused is none"
    yes = [record.content for record in read.of_kind("yes")]
    assert [(each["by"], each["second"]) for each in yes] == [("Pia", "Sam")] * 3
    assert all("water" not in json.dumps(dict(record.content)) for record in read.records)


def test_a_shift_of_four_calls_from_the_first_token_to_the_log(rig, places):
    """One test: each step begins where the one before left the vehicles."""
    for step in (
        wrong_and_expired_tokens_are_told_so_and_nothing_is_done,
        a_call_is_one_call_however_often_it_is_sent,
        a_call_outside_every_planned_zone_says_why_no_drone_goes,
        a_yes_to_a_call_that_moved_after_the_question_sends_nothing,
        a_dispatch_needs_a_pilots_yes_and_a_safety_pilots,
        a_recalled_drone_comes_home_and_its_call_has_ended_attended,
        the_whole_flight_is_told_to_whoever_asks_later,
        a_helicopter_inbound_is_one_press_and_holds_the_drone_low,
        a_drone_in_the_air_is_sent_on_to_another_call_by_a_yes,
        at_the_end_every_call_has_ended_once_and_the_log_verifies,
    ):
        step(rig, places)
