"""Where the vehicles of `dfr sitl` are found: their TCP and UDP ports, refused before anything starts."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from dfr.errors import InputError, VehicleStartError
from firmware_sitl.endpoints import EVERY, Endpoint, find_host
from firmware_sitl.ports import PORTS_USED, port_free

PORTS_APART = 10
LAST_PORT = 65535


def vehicle_endpoints(
    index: int, *, port: int, bind: str, udp_servers: Sequence[int], udp_clients: Sequence[str]
) -> tuple[Endpoint, ...]:
    """The ports of a vehicle, the first is 0: TCP, then UDP to listen on, then UDP to send from.

    Each next vehicle listens 10 ports higher (0: at free ones), and sends to the same addresses.
    Raises InputError for an address that is none, and for more ports than a vehicle has.
    """
    host = _parse_address(bind)
    tcp = len(PORTS_USED) - len(udp_servers) - len(udp_clients)
    if tcp < 0:
        raise InputError(
            f"{len(udp_servers)} --udp-server and {len(udp_clients)} --udp-client: "
            f"a vehicle has {len(PORTS_USED)} ports",
            do="leave some out; a UDP client can pass on to others, as mavlink-router does",
        )
    on = PORTS_APART * index
    return (
        *(Endpoint(host=host, port=port + on + step if port else 0) for step in PORTS_USED[:tcp]),
        *(Endpoint(kind="udpserver", host=host, port=own + on if own else 0) for own in udp_servers),
        *map(_parse_client, udp_clients),
    )


def refuse_ports(served: Sequence[Sequence[Endpoint]]) -> None:
    """Raise InputError or VehicleStartError for ports that do not exist or are in use, before any start."""
    for end in (end for ends in served for end in ends if end.kind == "udpclient"):
        _refuse_unknown_host(end)
    listening = [end for ends in served for end in ends if end.kind != "udpclient" and end.port]
    for end in listening:
        if not 1 <= end.port <= LAST_PORT:
            raise InputError(
                f"port {end.port} is asked for: there are {LAST_PORT}",
                do="choose another --port or --udp-server",
            )
    asked = [(end.kind, end.port) for end in listening]
    if twice := sorted({port for kind, port in asked if asked.count((kind, port)) > 1}):
        raise InputError(
            f"port {', '.join(map(str, twice))} is asked for twice", do="give each vehicle ports of its own"
        )
    taken = [end for end in listening if not _free(end)]
    if taken:
        raise VehicleStartError(
            f"port {', '.join(str(end.port) for end in taken)} is in use",
            do="stop the program that uses it, or choose another --port or --udp-server",
        )


def who_has_control(served: Sequence[Sequence[Endpoint]]) -> str:
    """What a person must know of ports that others can reach; '' where only this machine can."""
    others = [
        end for ends in served for end in ends
        if end.kind != "udpclient" and not ipaddress.ip_address(end.host).is_loopback
    ]  # fmt: skip
    if not others:
        return ""
    where = "this machine at any of its addresses" if others[0].host == EVERY else others[0].host
    return (
        f"{len(others)} ports are open to everybody who reaches {where}: MAVLink asks for no password, "
        "so whoever connects can arm, fly and change the vehicle -> bind to the address of a network of your "
        "own, or close the ports to others in the firewall"
    )


def _free(end: Endpoint) -> bool:
    """Raises InputError for an address that is not this machine's."""
    udp = end.kind == "udpserver"
    if not port_free(0, end.host, udp=udp):
        raise InputError(
            f"--bind {end.host}: not an address of this machine", do="give one of its own, or 0.0.0.0 for all"
        )
    return port_free(end.port, end.host, udp=udp)


def _refuse_unknown_host(end: Endpoint) -> None:
    try:
        find_host(end)
    except OSError as error:
        raise InputError(f"--udp-client {end.host}:{end.port}: {error}", do="correct the name") from error


def _parse_address(bind: str) -> str:
    try:
        return str(ipaddress.IPv4Address("127.0.0.1" if bind == "localhost" else bind))
    except ValueError:
        raise InputError(
            f"--bind {bind!r}: not an IPv4 address", do="127.0.0.1, 0.0.0.0 or an address of this machine"
        ) from None


def _parse_client(text: str) -> Endpoint:
    host, _, port = text.rpartition(":")
    if not host or ":" in host or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= LAST_PORT:
        raise InputError(f"--udp-client {text!r}: not HOST:PORT", do="as in 192.168.1.20:14550")
    return Endpoint(kind="udpclient", host=host, port=int(port))
