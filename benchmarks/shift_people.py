"""`dfr operate` as a process, and people who say yes over HTTP: a pilot, a safety pilot and a lead."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

OUTWARD = frozenset({"prepare", "climb", "out", "on_scene"})
"""Phases from which a drone can be recalled."""


class Shift:
    """`dfr operate --supervise` as a process, and its people over HTTP."""

    def __init__(self, urls: Sequence[str], folder: Path, *, speedup: float) -> None:
        self.out = folder / "shift"
        self._said = folder / "said.txt"
        self.port = _free_port()
        arguments = [
            str(folder / "drill.yaml"), "--plan", str(folder / "plan.json"), "--out", str(self.out),
            *(word for url in urls for word in ("--vehicle", url)), "--simulated",
            "--speedup", f"{speedup:g}", "--start", "2024-08-23T11:00+01:00", "--port", str(self.port),
            "--calls", str(folder / "calls.csv"), "--supervise",
        ]  # fmt: skip
        with self._said.open("wb") as said:
            command = [sys.executable, "-m", "dfr", "operate", *arguments]
            self.process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)

    def token(self, name: str) -> str:
        """The token of a person, as it was printed; '' before that."""
        found = re.search(rf"^{name} \({name}\): \S+token=(\S+)", self._said.read_text(), re.MULTILINE)
        return found[1] if found else ""

    def said(self) -> str:
        """All that was printed."""
        return self._said.read_text()

    def pid(self) -> int:
        """The process that writes the log; 0 while there is none."""
        log = self.out / "log.jsonl"
        for place in Path("/proc").glob("[0-9]*/fd"):
            with contextlib.suppress(OSError):
                if any(link.readlink() == log for link in place.iterdir()):
                    return int(place.parent.name)
        return 0

    def request(self, who: str, path: str, body: object = None) -> dict[str, Any]:
        """What the server answers a person. Raises OSError or HTTPException where it does not."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=4.0)
        try:
            text = None if body is None else json.dumps(body)
            headers = {"authorization": f"Bearer {self.token(who)}"}
            line.request("GET" if body is None else "POST", path, text, headers)
            document: dict[str, Any] = json.loads(line.getresponse().read())
            return document
        finally:
            line.close()

    def command(self, who: str, **what: object) -> bool:
        """Ask for something and confirm it, the safety pilot too where wanted; whether it was done."""
        question = self.request(who, "/api/ask", what)
        if "key" not in question:
            return False
        answer = self.request(who, "/api/confirm", {"key": question["key"]})
        if question["second"]:
            answer = self.request("safety", "/api/confirm", {"key": question["key"]})
        return answer.get("done", "words" in answer) is not False and "error" not in answer


class Crew:
    """People who send the first drone offered to every call, until they are told to bring all home."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self.closing = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crew", daemon=True)

    def __enter__(self) -> Crew:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30.0)

    def _run(self) -> None:
        while not self._stop.wait(0.4):
            with contextlib.suppress(OSError, HTTPException, ValueError, KeyError):
                board = self._shift.request("viewer", "/api/board")
                if self.closing:
                    self._close(board)
                else:
                    self._send(board)

    def _send(self, board: dict[str, Any]) -> None:
        for call in board["calls"]:
            drones = [offer["drone"] for offer in call["offers"] if offer["drone"]]
            if drones and call["waits_for"]:
                self._shift.command("pilot", command="dispatch", call=call["call"], drone=drones[0])
                return

    def _close(self, board: dict[str, Any]) -> None:
        away = [drone for drone in board["drones"] if drone["phase"]]
        for drone in away:
            if drone["phase"] in OUTWARD:
                self._shift.command("pilot", command="recall", drone=drone["drone"])
        for call in board["calls"]:
            if call["waits_for"]:
                self._shift.command("pilot", command="close", call=call["call"])
        if not away:
            self._shift.command("lead", command="end")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
