"""MAVProxy flies a mission on a vehicle: `mavproxy_flight.py URL MISSION`. Prints JSON.

MAVProxy is driven as a person drives it: by lines typed at its prompt.
"""

import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

DEADLINE_S = 60.0


class Console:
    """MAVProxy with its input and all it has said."""

    def __init__(self, url, folder):
        program = Path(sys.executable).parent / "mavproxy.py"
        command = [sys.executable, "-u", str(program), f"--master={url}", "--streamrate=10"]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.said = ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while data := self.process.stdout.read1(4096):
            self.said += data.decode(errors="replace")

    def type(self, line):
        """Type a line; what is waited for is what is said after it."""
        self.said = ""
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def wait(self, pattern):
        end = time.monotonic() + DEADLINE_S
        while (found := re.search(pattern, self.said)) is None:
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit(f"not said in time: {pattern}\n{self.said[-2000:]}")
            time.sleep(0.05)
        return found


def main(url, mission):
    with tempfile.TemporaryDirectory() as folder:
        console = Console(url, folder)
        try:
            print(json.dumps(fly(console, mission, Path(folder))))
        finally:
            console.process.kill()
            console.process.wait()


def fly(console, mission, folder):
    parameters = int(console.wait(r"Received (\d+) parameters").group(1))
    console.type(f"wp load {mission}")
    console.wait(r"Loaded \d+ waypoint")
    console.wait(r"Flight plan received")
    saved = folder / "back.txt"
    console.type(f"wp save {saved}")
    console.wait(r"Saved \d+ waypoints")
    read_back = [int(line.split("\t")[3]) for line in saved.read_text().splitlines()[2:]]
    console.type("mode GUIDED")
    console.wait(r"GUIDED>")
    for _ in range(20):
        console.type("arm throttle")
        time.sleep(0.5)
        if "ARMED" in console.said:
            break
    console.type("takeoff 15")
    console.wait(r"NAV_TAKEOFF: ACCEPTED")
    time.sleep(1.5)
    console.type("mode AUTO")
    console.wait(r"AUTO>")
    console.wait(r"DISARMED")
    console.type("status GLOBAL_POSITION_INT")
    height = console.wait(r"relative_alt : (-?\d+)")
    return {"parameters": parameters, "read_back": read_back, "height_m": int(height.group(1)) / 1000.0}


main(*sys.argv[1:3])
