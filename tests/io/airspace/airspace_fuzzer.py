"""Damages airspace files and reads them, within limits of memory and of processor time for each file.

    python airspace_fuzzer.py READER SECONDS SEED [RUN]

The exit code is 0 where nothing was found; a crash, a hang or too much memory ends the process, and its
last line names the seed and the run. With RUN only that file is read, and is written to standard output.
"""

from __future__ import annotations

import random
import re
import resource
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from airspace_samples import SAMPLES, damaged

from dfr.geo import Position
from dfr.io.airspace.openair_write import write_openair
from dfr.io.airspace.reading import AirspaceRead
from dfr.io.airspace.write import write_ed318, write_geojson, write_kml
from dfr.io.files import decode_text
from dfr.scenario.air import ALL_KINDS
from dfr.world.airspace import Airspace
from dfr.world.coverage import Coverage
from dfr.world.terrain import UnknownGround

SLOWEST_S = 10.0
"""No damaged file of a few kilobytes may take more processor time."""

MEMORY_BYTES = 1 << 30
"""No such file may make the process grow by more."""


def check(read: AirspaceRead, data: bytes, dice: random.Random) -> None:
    """Every volume accounted for and usable, every problem on a line there is."""
    assert read.records_seen == len(read.zones) + read.refused
    assert all(zone.area.polygon.is_valid for zone in (*read.zones, *read.defects))
    assert len(read.zones) or read.refused or read.problems or read.records_seen == 0
    if read.kind != "kmz":
        last = len(decode_text(data)[0].splitlines()) + 1
        assert all(problem.line is None or 1 <= problem.line <= last for problem in read.problems)
    if dice.random() < 0.1:
        for writer in (write_openair, write_geojson, write_ed318, write_kml):
            writer(read)
        space = Airspace(
            zones=(*read.zones, *read.defects),
            coverage=tuple(Coverage(ring=ring, kinds=ALL_KINDS) for ring in read.coverage),
        )
        place = Position(lat_deg=50.1, lon_deg=-0.9)
        when = datetime(2024, 8, 24, 12, tzinfo=UTC)
        space.at(place, height_m_agl=50.0, when=when, terrain=UnknownGround(), qnh_hpa=None)


def one(kind: str, seed: int, run: int) -> tuple[bytes, random.Random]:
    """(the file of a run, the dice as they lie)."""
    dice = random.Random(f"{kind}-{seed}-{run}")
    return damaged(kind, SAMPLES[kind][1], dice), dice


def fuzz(kind: str, seconds: float, seed: int) -> int:
    """Read damaged files for so long; the number read."""
    run, end = 0, time.monotonic() + seconds
    while time.monotonic() < end or run == 0:
        signal.setitimer(signal.ITIMER_PROF, SLOWEST_S)
        print(f"\r{kind} {seed} {run}", end="", file=sys.stderr, flush=True)
        data, dice = one(kind, seed, run)
        check(SAMPLES[kind][0](data, name="fuzz"), data, dice)
        run += 1
    return run


def main(kind: str, seconds: str, seed: str, run: str = "") -> None:
    if run:
        sys.stdout.buffer.write(one(kind, int(seed), int(run))[0])
        return
    size = re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())
    used = int(size[1]) * 1024 if size else 1 << 40
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, used + MEMORY_BYTES))
    count = fuzz(kind, float(seconds), int(seed))
    print(f"\n{kind}: {count} files", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
