"""A vehicle's ports: where they lie, on the loopback interface alone."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"
PORTS_USED = (0, 2, 3)
"""A vehicle's ports, as steps from its first one: ArduCopter SITL's serial0 to serial2."""


def listen_on(port: int) -> socket.socket:
    """A socket that listens there (0: at a port that the kernel gives). OSError where the port is in use."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(1)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"port {port}: {error.strerror}") from error
    return listener


def port_free(port: int) -> bool:
    """Whether nothing listens there."""
    try:
        listen_on(port).close()
    except OSError:
        return False
    return True
