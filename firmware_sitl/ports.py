"""A vehicle's ports: where they lie, on the loopback interface unless somebody asks for more.

`python -m firmware_sitl.ports PORT...` tells, by its exit code, whether a program listens at each of these
TCP ports. It connects to none, so a vehicle's one client is not kept out: the health check of a container.
"""

from __future__ import annotations

import socket
import sys

LOOPBACK = "127.0.0.1"
PORTS_USED = (0, 2, 3)
"""A vehicle's ports, as steps from its first one: ArduCopter SITL's serial0 to serial2."""


def listen_on(port: int, host: str = LOOPBACK) -> socket.socket:
    """A socket that listens there (0: at a port that the kernel gives). OSError where the port is in use."""
    return _bind(socket.SOCK_STREAM, host, port)


def take_datagrams_on(port: int, host: str = LOOPBACK) -> socket.socket:
    """A UDP socket at that port (0: one that the kernel gives). OSError where the port is in use."""
    return _bind(socket.SOCK_DGRAM, host, port)


def port_free(port: int, host: str = LOOPBACK, *, udp: bool = False) -> bool:
    """Whether nothing listens there."""
    try:
        (take_datagrams_on if udp else listen_on)(port, host).close()
    except OSError:
        return False
    return True


def _bind(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, kind)
    try:
        if kind is socket.SOCK_STREAM:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        if kind is socket.SOCK_STREAM:
            found.listen(1)
    except OSError as error:
        found.close()
        raise OSError(error.errno, f"port {port}: {error.strerror}") from error
    return found


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("no port is given -> python -m firmware_sitl.ports PORT...")
    sys.exit(any(port_free(int(port)) for port in sys.argv[1:]))
