"""Receivers of other traffic, on real sockets of this machine, and how near their contacts count."""

from __future__ import annotations

import queue
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dfr.errors import InputError, LinkError
from dfr.geo import Position, VerticalDatum
from dfr.io.traffic.gdl90 import check_sum
from dfr.io.traffic.heard import HeardAircraft
from dfr.link import receivers
from dfr.link.receivers import TrafficReceiver, open_receiver
from dfr.link.traffic import CONTACT_KEPT_S, MOST_CONTACTS, TrafficPicture
from dfr.link.vehicle import VehicleState

HERE = Position(lat_deg=50.782, lon_deg=-1.089)
STAMPS = "2026/06/19,14:53:50.594,2026/06/19,14:53:50.600"
LINE = f"MSG,3,5,211,400F01,10057,{STAMPS},HLE51,900,,,50.78,-1.09,,,0,0,0,0\r\n".encode()
WAIT_S = 20.0


@contextmanager
def heard_by(receiver: TrafficReceiver) -> Iterator[queue.Queue[HeardAircraft]]:
    told: queue.Queue[HeardAircraft] = queue.Queue()
    with receiver:
        receiver.listen(told.put)
        yield told


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_sbs_receiver_is_read_and_found_again_after_its_line_broke(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receivers, "RETRY_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WAIT_S)
        with heard_by(open_receiver(f"sbs:127.0.0.1:{server.getsockname()[1]}")) as told:
            line, _ = server.accept()
            line.sendall(LINE[:40])
            line.sendall(LINE[40:])
            assert told.get(timeout=WAIT_S).name == "HLE51"
            line.close()
            line, _ = server.accept()
            line.sendall(LINE)
            assert told.get(timeout=WAIT_S).source == "sbs"
            line.close()


def test_a_receiver_that_is_not_there_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    told: queue.Queue[str] = queue.Queue()
    with open_receiver(f"sbs:127.0.0.1:{port}", tell=told.put) as receiver:
        words = told.get(timeout=WAIT_S)
        assert words.startswith(f"no traffic is heard from sbs:127.0.0.1:{port}: ")
        assert receiver.problem


def test_a_gdl90_receiver_is_heard_and_damage_is_counted() -> None:
    port = free_udp_port()
    report = bytes.fromhex("1400AB45491FEF15A889780F09A907B00120014E3832355620202000")
    damaged, whole = (b"\x7e" + report + sum_ + b"\x7e" for sum_ in (b"\x00\x00", bytes_of_check_sum(report)))
    with (
        heard_by(receiver := open_receiver(f"gdl90:{port}")) as told,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sender.sendto(damaged, ("127.0.0.1", port))
        sender.sendto(whole, ("127.0.0.1", port))
        assert told.get(timeout=WAIT_S).name == "N825V"
        assert (told.empty(), receiver.corrupt, receiver.problem) == (True, 1, "")
        assert receiver.silent_s < WAIT_S


def bytes_of_check_sum(message: bytes) -> bytes:
    return check_sum(message).to_bytes(2, "little")


@pytest.mark.parametrize("address", ["", "sbs", "sbs:30003", "sbs:host:port", "gdl90:99999", "ais:1.2.3.4:5"])
def test_an_address_that_is_none_is_refused_with_examples(address: str) -> None:
    with pytest.raises(InputError, match="sbs:HOST:30003"):
        open_receiver(address)


def test_a_taken_port_is_named() -> None:
    port = free_udp_port()
    with open_receiver(f"gdl90:{port}"), pytest.raises(LinkError, match=str(port)):
        open_receiver(f"gdl90:{port}")


def aircraft(**changes: object) -> HeardAircraft:
    fields: dict[str, object] = {
        "icao": 0x400F01,
        "name": "HLE51",
        "position": HERE,
        "height_m": 500.0,
        "height_datum": VerticalDatum.FLIGHT_LEVEL,
        "height_error_m": 60.0,
        "track_deg": None,
        "speed_mps": None,
        "climb_mps": None,
        "accuracy_m": None,
        "on_ground": False,
        "source": "sbs",
    }
    return HeardAircraft(**{**fields, **changes})  # type: ignore[arg-type]


def vertical_m(picture: TrafficPicture, heard: HeardAircraft) -> float:
    picture.note_aircraft(heard)
    state = VehicleState(t_s=0.0, position=HERE, height_m_amsl=100.0)
    (near,) = picture.measure_proximity(state)
    return near.vertical_m


def test_what_counts_is_the_least_that_the_heights_may_be_apart() -> None:
    at_sea_level = TrafficPicture(lambda: 0.0, qnh_hpa=1013.25)
    assert vertical_m(at_sea_level, aircraft()) == pytest.approx(500.0 - 100.0 - 60.0, abs=0.1)
    low = TrafficPicture(lambda: 0.0, qnh_hpa=983.0)
    assert vertical_m(low, aircraft()) == pytest.approx(500.0 - 254.9 - 100.0 - 60.0, abs=0.2)
    assert vertical_m(TrafficPicture(lambda: 0.0), aircraft()) == 0.0
    assert vertical_m(TrafficPicture(lambda: 0.0), aircraft(height_m=1000.0)) == pytest.approx(490.0)
    assert vertical_m(at_sea_level, aircraft(height_m=None)) == 0.0


def test_a_stale_contact_is_dropped_and_an_aircraft_on_the_ground_is_none() -> None:
    now_s = [0.0]
    picture = TrafficPicture(lambda: now_s[0])
    picture.note_aircraft(aircraft())
    now_s[0] = CONTACT_KEPT_S
    assert [contact.source for contact in picture.contacts] == ["sbs"]
    now_s[0] += 0.1
    assert picture.contacts == ()
    picture.note_aircraft(aircraft())
    picture.note_aircraft(aircraft(on_ground=True))
    assert picture.contacts == ()


def test_a_flood_of_contacts_takes_no_endless_room() -> None:
    picture = TrafficPicture(lambda: 0.0)
    for icao in range(MOST_CONTACTS + 10):
        picture.note_aircraft(aircraft(icao=icao))
    assert len(picture.contacts) == MOST_CONTACTS
    assert picture.contacts[-1].icao == MOST_CONTACTS + 9
