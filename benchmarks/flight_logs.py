"""How long `dfr log show` takes for a DataFlash log of 100 MB, beside `mavlogdump` of pymavlink in one run.

Processor time and the most memory of each process. The log is made: a flight of 100 s again and again.

    python benchmarks/flight_logs.py [MEGABYTES] [--markdown]
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.io.logs.log_samples import SAMPLES

MEGABYTE = 1_000_000
FLIGHT_US = 100_000_000
HEAD = b"\xa3\x95"
FORMATS, NO_TIME = 128, frozenset({128})


def record_lengths(data: bytes) -> dict[int, int]:
    """Bytes of a record by its kind, as the log declares them."""
    lengths = {FORMATS: 89}
    at = 0
    while at < len(data):
        kind = data[at + 2]
        if kind == FORMATS:
            lengths[data[at + 3]] = data[at + 4]
        at += lengths[kind]
    return lengths


def long_log(megabytes: float) -> bytes:
    """One flight after the other, the clock going on: a log of about so many bytes."""
    flight = SAMPLES["copter-4.6.bin"]
    lengths, at = record_lengths(flight), 0
    declared, clocks = bytearray(), []
    while at < len(flight):
        length = lengths[flight[at + 2]]
        if flight[at + 2] in NO_TIME:
            declared += flight[at : at + length]
        else:
            clocks.append((at, length))
        at += length
    made = bytearray(declared)
    for turn in range(round(megabytes * MEGABYTE / len(flight))):
        again = bytearray(flight)
        for start, _ in clocks:
            (us,) = struct.unpack_from("<Q", flight, start + 3)
            struct.pack_into("<Q", again, start + 3, us + turn * FLIGHT_US)
        for start, length in clocks:
            made += again[start : start + length]
    return bytes(made)


def run(command: list[str]) -> tuple[float, float]:
    """(processor seconds, MB of memory at most) of a command, what it prints thrown away."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024.0


def main() -> None:
    sizes = [float(word) for word in sys.argv[1:] if not word.startswith("-")]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "long.bin"
        log.write_bytes(long_log(sizes[0] if sizes else 100.0))
        size_mb = log.stat().st_size / MEGABYTE
        ours_s, ours_mb = run([sys.executable, "-m", "dfr", "log", "show", str(log), "--json"])
        dump = Path(sys.executable).with_name("mavlogdump.py")
        theirs_s, theirs_mb = run([sys.executable, str(dump), str(log)])
    row = f"{size_mb:.0f} MB | {ours_s:.1f} s | {theirs_s:.1f} s | {ours_s / theirs_s:.2f} | 1.0 | "
    row += f"{ours_mb:.0f} MB | {theirs_mb:.0f} MB"
    if "--markdown" in sys.argv:
        print("| log | dfr log show | mavlogdump | ratio | target | memory | mavlogdump's |")
        print("|---|---|---|---|---|---|---|")
    print(f"| {row} |")


if __name__ == "__main__":
    main()
