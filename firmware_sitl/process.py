"""A vehicle's process: starts it in its own folder, keeps its output, and always ends and reaps it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dfr.errors import VehicleStartError

POLL_S = 0.02
TERMINATE_S = 3.0
TAIL_LINES = 15
SOURCES = Path(__file__).resolve().parent.parent
SIGNALLED = 128
"""A process that a signal ends has this and the signal's number as its exit code."""


class VehicleProcess:
    """A running process whose output goes to a file."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: dict[str, str] | None = None
    ) -> None:
        self._log = folder / "output.txt"
        self.command = tuple(command)
        with self._log.open("wb") as log:
            try:
                self._process = subprocess.Popen(
                    self.command,
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            except OSError as error:
                raise VehicleStartError(f"{command[0]} cannot be started: {error.strerror}") from error

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def output(self) -> str:
        """Everything it has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text: str, *, timeout_s: float) -> str:
        """The first line of output that holds a text.

        Raises VehicleStartError, with the end of the output, if the process ends or says nothing of the kind.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            running = self.running
            for line in self.output().splitlines():
                if text in line:
                    return line
            if not running:
                raise self._start_error(f"ended with code {self._process.returncode} before it listened")
            if time.monotonic() > deadline:
                raise self._start_error(f"did not listen within {timeout_s:.0f} s")
            time.sleep(POLL_S)

    def wait_for_urls(self, *, timeout_s: float) -> tuple[str, ...]:
        """Where the vehicle listens, as it says in a line of its output. Raises as `wait_for` does."""
        return tuple(self.wait_for("listening ", timeout_s=timeout_s).split()[1:])

    def stop(self) -> None:
        """End it with SIGTERM, then with SIGKILL; returns once it is reaped."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            self._process.wait(TERMINATE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start_error(self, what: str) -> VehicleStartError:
        tail = "\n".join(self.output().splitlines()[-TAIL_LINES:])
        return VehicleStartError(f"{self.command[0]} {what}; its last words:\n{tail or '(none)'}")


@contextlib.contextmanager
def run_process(
    command: Sequence[str], folder: Path, environment: dict[str, str] | None = None
) -> Iterator[VehicleProcess]:
    """A process that is stopped and reaped when the block ends, however it ends; also by SIGTERM."""
    with _ended_by_term():
        process = VehicleProcess(command, folder, environment)
        try:
            yield process
        finally:
            process.stop()


def run_module(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> contextlib.AbstractContextManager[VehicleProcess]:
    """A module of these sources and its arguments, run by this Python as `run_process` runs a program."""
    before = environment.get("PYTHONPATH", "")
    search_path = f"{SOURCES}{os.pathsep}{before}" if before else str(SOURCES)
    own = {"PYTHONPATH": search_path, "PYTHONUNBUFFERED": "1"}
    return run_process([sys.executable, "-m", *command], folder, {**environment, **own})


@contextlib.contextmanager
def _ended_by_term() -> Iterator[None]:
    """Let SIGTERM unwind this process while a vehicle runs, unless the program already handles it."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _raise_exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _raise_exit(number: int, frame: object) -> None:
    raise SystemExit(SIGNALLED + number)
