"""The file of parameters that ground stations fetch first, judged by pymavlink's own decoder."""

from __future__ import annotations

import zlib
from struct import pack, unpack_from
from types import SimpleNamespace

import pytest
from pymavlink.mavftp import MAVFTP

from firmware_sitl.vehicle.files import FileServer, pack_parameters
from firmware_sitl.vehicle.parameters import Parameters

ACK, NAK = 128, 129
READ, OPEN, LIST, BURST, CRC32, TERMINATE, RESET = 5, 4, 3, 15, 14, 1, 2
NAME = b"@PARAM/param.pck"


class Client:
    """Asks a file server, and takes its answers apart."""

    def __init__(self, parameters: Parameters, system: int = 255) -> None:
        self.server = FileServer(parameters)
        self.system = system
        self.sequence = 0

    def ask(
        self, operation: int, *, offset: int = 0, size: int | None = None, data: bytes = b"", again=False
    ):
        """(code, data, offset) of every answer to one request."""
        self.sequence += 0 if again else 2
        payload = bytearray(251)
        length = len(data) if size is None else size
        payload[:12] = pack("<HBBBBBBI", self.sequence, 0, operation, length, 0, 0, 0, offset)
        payload[12 : 12 + len(data)] = data
        heard = []
        message = SimpleNamespace(
            payload=list(payload), get_srcSystem=lambda: self.system, get_srcComponent=lambda: 190
        )
        self.server.handle_request(message, lambda answer: heard.append(bytes(answer.payload)))
        return [(p[3], p[12 : 12 + p[4]], unpack_from("<I", p, 8)[0]) for p in heard]

    def one(self, operation: int, **options):
        """Code and data of the only answer."""
        ((code, data, _),) = self.ask(operation, **options)
        return code, data


@pytest.fixture
def parameters() -> Parameters:
    return Parameters()


@pytest.fixture
def client(parameters: Parameters) -> Client:
    return Client(parameters)


def test_pymavlink_reads_every_parameter_and_its_value(parameters):
    decoded = MAVFTP.ftp_param_decode(pack_parameters(parameters, {}))
    assert decoded is not None
    told = {name.decode(): value for name, value, _ in decoded.params}
    assert told == pytest.approx({p.name: p.value for p in parameters.all_shown()})


def test_a_changed_parameter_comes_with_its_default(parameters):
    parameters["RTL_ALT"] = 2345.0
    decoded = MAVFTP.ftp_param_decode(pack_parameters(parameters, {"withdefaults": 1}))
    assert decoded is not None
    assert {name.decode(): value for name, value, _ in decoded.params}["RTL_ALT"] == 2345.0
    assert {name.decode(): value for name, value, _ in decoded.defaults}["RTL_ALT"] == 1500.0


def test_a_part_of_the_list_can_be_had(parameters):
    decoded = MAVFTP.ftp_param_decode(pack_parameters(parameters, {"start": 3, "count": 4}))
    assert decoded is not None
    wanted = [p.name for p in parameters.all_shown()][3:7]
    assert [name.decode() for name, _, _ in decoded.params] == wanted


def test_the_file_is_read_piece_by_piece_and_in_a_burst(client, parameters):
    whole = pack_parameters(parameters, {})
    code, size = client.one(OPEN, data=NAME)
    assert code == ACK
    assert unpack_from("<I", size)[0] == len(whole)
    assert client.one(READ, offset=100, size=80) == (ACK, whole[100:180])
    *parts, end = client.ask(BURST, size=110)
    assert b"".join(data for _, data, _ in parts) == whole
    assert [offset for _, _, offset in parts] == list(range(0, len(whole), 110))
    assert end[:2] == (NAK, b"\x06")


def test_what_lies_behind_the_end_is_refused_as_such(client):
    client.one(OPEN, data=NAME)
    assert client.one(READ, offset=10_000_000, size=80) == (NAK, b"\x06")


def test_a_repeated_request_gets_the_same_answer(client):
    client.one(OPEN, data=NAME)
    first = client.ask(READ, offset=0, size=60)
    assert client.ask(READ, offset=0, size=60, again=True) == first


@pytest.mark.parametrize("name", [b"@PARAM/other.pck", b"/etc/passwd", b"../x", b"", b"\xff\xfe"])
def test_there_is_no_other_file(client, name):
    assert client.one(OPEN, data=name) == (NAK, b"\x0a")


def test_a_closed_file_cannot_be_read(client):
    client.one(OPEN, data=NAME)
    assert client.one(TERMINATE)[0] == ACK
    assert client.one(READ, size=10) == (NAK, b"\x0a")


def test_the_root_lists_the_folder_of_parameters_once(client):
    assert client.one(LIST, data=b"/") == (ACK, b"D@PARAM\0")
    assert client.one(LIST, data=b"/", offset=1) == (NAK, b"\x06")


def test_the_checksum_starts_at_zero_as_ardupilots_does(client, parameters):
    code, sum_ = client.one(CRC32, data=NAME)
    assert code == ACK
    crc = 0
    for byte in pack_parameters(parameters, {}):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    assert unpack_from("<I", sum_)[0] == crc
    assert crc != zlib.crc32(pack_parameters(parameters, {}))


@pytest.mark.parametrize("operation", [7, 8, 9, 10, 13])
def test_there_is_nothing_to_write_remove_or_rename(client, operation):
    """ArduCopter's answer to a new folder under `@PARAM`, and to changing what it does not have."""
    assert client.one(operation, data=b"@PARAM/x") == (NAK, b"\x0a")


def test_an_unknown_request_is_refused(client):
    assert client.one(77) == (NAK, b"\x01")
    assert client.one(RESET)[0] == ACK
