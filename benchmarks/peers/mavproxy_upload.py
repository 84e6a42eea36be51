"""MAVProxy uploads a mission: `mavproxy_upload.py URL MISSION WAIT_S`. Prints the seconds it took."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

WAIT_S = 120.0


def wait(process, text, said=b""):
    """Read what it says until a text comes."""
    end = time.monotonic() + WAIT_S
    while text not in said:
        piece = process.stdout.read1(4096)
        if not piece or time.monotonic() > end:
            sys.exit(f"not said: {text!r} in {said[-500:]!r}")
        said += piece


def main(url, mission, wait_s):
    program = Path(sys.executable).parent / "mavproxy.py"
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-u", str(program), f"--master={url}"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            wait(process, b"Received")
            time.sleep(1.0 + float(wait_s))
            begun = time.monotonic()
            process.stdin.write(f"wp load {mission}\n".encode())
            process.stdin.flush()
            wait(process, b"Flight plan received")
            sys.stdout.write(f"{time.monotonic() - begun}\n")
        finally:
            process.kill()
            process.wait()


main(*sys.argv[1:4])
