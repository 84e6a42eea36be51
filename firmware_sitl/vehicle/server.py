"""The vehicle's ports and clock: one loop that listens, flies at the wanted pace and sends."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from dataclasses import dataclass, field

from firmware_sitl.ports import LOOPBACK, listen_on
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.vehicle import STEP_S, BuiltinVehicle

BATCH_WALL_S = 0.004
"""Wall seconds of flying between two looks at the sockets."""

BEHIND_WALL_S = 0.25
"""A machine that falls further behind than this flies slower instead of catching up in a rush."""

RECEIVE_EVERY_S = 0.005
"""Vehicle seconds between two looks at what clients have sent: ArduCopter's loops take a question in and let
the answer out so far apart (measured on its SITL: 600 questions, one after another, in 3.2 s)."""

AHEAD_BYTES, HELD_UP_BYTES = 8192, 8192
"""What the socket, and the vehicle, keep for a client that is slow to read; with more waiting, time stands
still. Otherwise what a client hears of a fast vehicle on a busy machine gets older and older."""

GIVEN_UP_S = 1.0
"""A client that has read nothing for so many wall seconds holds nobody up."""

HELD_UP_WAIT_S = 0.002
IDLE_S = 0.02
RECEIVE_BYTES = 65536


@dataclass(slots=True)
class _Port:
    """A listening socket (none where the vehicle connects by itself), its channel and its one client."""

    listener: socket.socket | None
    channel: Channel
    client: socket.socket | None = None
    number: int = 0
    read_wall: float = 0.0
    heard: bytearray = field(default_factory=bytearray)


class Server:
    """Serves a vehicle on loopback TCP ports, one client each, as ArduCopter's SITL does.

    With `dials` it connects to the ports, which are a relay's, and ends with the relay.
    """

    def __init__(self, vehicle: BuiltinVehicle, ports: list[int], *, dials: bool = False) -> None:
        self.vehicle = vehicle
        self._dials, self._cut_off = dials, False
        self._selector = selectors.DefaultSelector()
        self._ports: list[_Port] = []
        self._ever_connected = False
        self._anchor_wall = self._anchor_t = 0.0
        self._speedup = 1.0
        self._received_wall = 0.0
        self.parent_pid: int | None = None
        for index, number in enumerate(ports):
            self._open_port(index, number)
        vehicle.serve_channels([port.channel for port in self._ports])
        self._dial_ports()

    @property
    def port_numbers(self) -> list[int]:
        """The ports listened on."""
        return [port.number for port in self._ports]

    def close(self) -> None:
        """Close every socket."""
        for port in self._ports:
            if port.client is not None:
                port.client.close()
            if port.listener is not None:
                port.listener.close()
        self._selector.close()

    def serve_clients(self) -> bool:
        """Serve until a reboot is asked for (True), or parent or relay ends; time starts with a client."""
        self._anchor_clock()
        while not self.vehicle.state.rebooting:
            if self._cut_off:
                return False
            if self.parent_pid is not None and os.getppid() != self.parent_pid:
                return False
            self._serve_ports(self._fly_on())
        self._flush_port()
        return True

    def reboot_vehicle(self) -> None:
        """A new power-on with the stored parameters and lists; clients are cut off, as on a real reboot."""
        self.vehicle = self.vehicle.after_reboot()
        for port in self._ports:
            self._drop_client(port)
            port.channel = Channel(self.vehicle.state, port.channel.number)
        self.vehicle.serve_channels([port.channel for port in self._ports])
        self._ever_connected = False
        self._dial_ports()

    def _dial_ports(self) -> None:
        """Connect to the relay, which has a connection of each port in its queue at once."""
        if not self._dials:
            return
        for port in self._ports:
            self._serve_client(port, socket.create_connection((LOOPBACK, port.number)))
        self._cut_off = False

    def _open_port(self, index: int, number: int) -> None:
        if self._dials:
            self._ports.append(_Port(None, Channel(self.vehicle.state, index), number=number))
            return
        try:
            listener = listen_on(number)
        except OSError:
            self.close()
            raise
        listener.setblocking(False)
        channel = Channel(self.vehicle.state, index)
        port = _Port(listener, channel, number=listener.getsockname()[1])
        self._ports.append(port)
        self._selector.register(listener, selectors.EVENT_READ, port)

    def _anchor_clock(self) -> None:
        self._anchor_wall, self._anchor_t = time.monotonic(), self.vehicle.state.aircraft.t_s

    def _fly_on(self) -> float:
        """Fly up to where the clock should be, for a bounded time; seconds until there is more to do."""
        vehicle = self.vehicle
        if not self._ever_connected:
            self._anchor_clock()
            return 1.0
        if self._held_up():
            self._anchor_clock()
            return HELD_UP_WAIT_S
        speedup = max(vehicle.state.parameters["SIM_SPEEDUP"], 0.01)
        if speedup != self._speedup:
            self._speedup = speedup
            self._anchor_clock()
        begun = time.monotonic()
        goal = self._anchor_t + (begun - self._anchor_wall) * speedup
        while vehicle.state.aircraft.t_s + STEP_S <= goal:
            vehicle.step()
            if time.monotonic() - begun > BATCH_WALL_S:
                break
        now = time.monotonic()
        behind = (self._anchor_t - vehicle.state.aircraft.t_s) / speedup + now - self._anchor_wall
        if behind > BEHIND_WALL_S:
            self._anchor_clock()
        return min(max(STEP_S / speedup - behind, 0.0), IDLE_S)

    def _held_up(self) -> bool:
        """Whether a client that reads is behind with reading."""
        now = time.monotonic()
        return any(
            port.client is not None
            and len(port.channel.out) > HELD_UP_BYTES
            and now - port.read_wall < GIVEN_UP_S
            for port in self._ports
        )

    def _serve_ports(self, wait_s: float) -> None:
        self._flush_port()
        if any(port.heard for port in self._ports):
            wait_s = min(wait_s, max(self._look_due() - time.monotonic(), 0.0))
        for key, events in self._selector.select(wait_s):
            port: _Port = key.data
            if key.fileobj is port.listener:
                self._accept_client(port)
            elif events & selectors.EVENT_READ:
                self._receive_bytes(port)
        if time.monotonic() >= self._look_due():
            self._take_messages()
        self._flush_port()

    def _look_due(self) -> float:
        return self._received_wall + RECEIVE_EVERY_S / self._speedup

    def _take_messages(self) -> None:
        """Hand the vehicle what has come since the last look."""
        self._received_wall = time.monotonic()
        for port in self._ports:
            if port.heard:
                data = bytes(port.heard)
                port.heard.clear()
                for message in port.channel.parse_bytes(data):
                    self.vehicle.receive_message(port.channel, message)

    def _accept_client(self, port: _Port) -> None:
        """Take a client; the next waits in the port's queue until this one has gone, as with ArduCopter."""
        if port.listener is None:
            return
        try:
            client, _ = port.listener.accept()
        except OSError:
            return
        self._selector.unregister(port.listener)
        self._serve_client(port, client)

    def _serve_client(self, port: _Port, client: socket.socket) -> None:
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, AHEAD_BYTES)
        port.client, port.read_wall = client, time.monotonic()
        port.channel.forget_client()
        port.channel.connected = True
        self._selector.register(client, selectors.EVENT_READ, port)
        if not self._ever_connected:
            self._ever_connected = True
            self._anchor_clock()
            self.vehicle.state.say_banner()

    def _receive_bytes(self, port: _Port) -> None:
        client = port.client
        if client is None:
            return
        try:
            data = client.recv(RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._drop_client(port)
            return
        port.heard += data

    def _flush_port(self) -> None:
        for port in self._ports:
            waiting = port.channel.out
            if port.client is None or not waiting:
                continue
            try:
                count = port.client.send(waiting)
                del waiting[:count]
                port.read_wall = time.monotonic()
            except (BlockingIOError, InterruptedError):
                continue
            except OSError:
                self._drop_client(port)

    def _drop_client(self, port: _Port) -> None:
        if port.client is None:
            return
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(port.client)
        if port.listener is None:
            self._cut_off = True
        else:
            self._selector.register(port.listener, selectors.EVENT_READ, port)
        port.client.close()
        port.client = None
        port.heard.clear()
        port.channel.connected = False
        port.channel.forget_client()
