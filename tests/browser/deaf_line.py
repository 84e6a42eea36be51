"""A line to a server that goes deaf: nothing passes any more, and nobody is told that it was cut."""

import contextlib
import socket
import threading


class DeafLine:
    """Passes connections on to a server. One that was open while the line was cut stays deaf for ever."""

    def __init__(self, listener, server):
        self._listener, self._server = listener, server
        self._cut = threading.Event()
        self._deaf = set()
        self._ends = []

    def cut(self):
        """From now on nothing passes, and nothing is closed either."""
        self._cut.set()
        self._deaf |= set(self._ends)

    def mend(self):
        """New connections are passed on again."""
        self._cut.clear()

    def accept(self):
        """Take connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._ends.append(near)
                if self._cut.is_set():
                    self._deaf.add(near)
                    continue
                far = socket.create_connection(self._server)
                self._ends.append(far)
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, heard, told):
        with contextlib.suppress(OSError):
            while data := heard.recv(65536):
                if not self._deaf.isdisjoint({heard, told}):
                    return
                told.sendall(data)
            told.shutdown(socket.SHUT_WR)

    def close(self):
        """End every connection."""
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def deaf_line(host, server):
    """A line at a host, with the port of the server that it leads to."""
    listener = socket.create_server((host, server[1]))
    line = DeafLine(listener, server)
    thread = threading.Thread(target=line.accept, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        line.close()
        thread.join()
