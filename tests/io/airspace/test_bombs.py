"""Files made to exhaust a reader: each is linted within a minute of processor time and 3 GB."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dfr.io.airspace.files import MAX_AIRSPACE_BYTES

CPU_S = 60
ADDRESSES = 3 << 30


def full(head: bytes, unit: bytes, tail: bytes = b"", *, most: int = 10**9) -> bytes:
    """A unit again and again up to the size limit of a file."""
    count = (MAX_AIRSPACE_BYTES - len(head) - len(tail)) // len(unit)
    return head + unit * min(count, most) + tail


def openair_tangle(size: int) -> bytes:
    """A ring whose corners jump about within some kilometres."""
    corners = ((i * 37 % 60, i * 53 % 60, i * 29 % 60, i * 17 % 60) for i in range(size))
    return b"AC D\n" + b"".join(b"DP 50:%02d:%02d N 001:%02d:%02d W\n" % corner for corner in corners)


def zigzag(size: int) -> bytes:
    """A ring of long teeth, no two of which touch."""
    pairs = b",".join(b"[1,%.6f],[2,%.6f]" % (50 + i / size, 50 + (i + 0.5) / size) for i in range(size))
    return b'{"features":[{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[' + pairs + b"]]}}]}"


OPENAIR_HEAD = b"AC D\nV X=50:00:00 N 1:00:00 W\n"
KML_RING = b"<Polygon><outerBoundaryIs><LinearRing><coordinates>"
BOMBS: dict[str, Callable[[], bytes]] = {
    "classes.txt": lambda: full(b"", b"AC D\n", most=1_900_000),
    "newlines.txt": lambda: full(b"AC D\n", b"\n"),
    "circles.txt": lambda: full(OPENAIR_HEAD, b"DC 2000\n", most=1_900_000),
    "arcs.txt": lambda: full(OPENAIR_HEAD, b"DA 1999,0,359\n", most=1_900_000),
    "rounds.txt": lambda: full(b"", OPENAIR_HEAD + b"DC 50\n", most=600_000),
    "airways.txt": lambda: full(
        b"", b"AC D\nV W=10\nDY 50:0:0 N 1:0:0 W\nDY 50:0:0 N 25:0:0 W\n", most=450_000
    ),
    "tangles.txt": lambda: full(b"", openair_tangle(700)),
    "tangle.txt": lambda: openair_tangle(900_000),
    "long.txt": lambda: full(b"", b"D"),
    "objects.json": lambda: full(b'{"features":[', b"{},", b"{}]}", most=2_900_000),
    "numbers.json": lambda: full(b'{"features":[', b"1,", b"1]}"),
    "deep.json": lambda: full(b"", b"["),
    "zigzag.geojson": lambda: zigzag(45_000),
    "polygons.kml": lambda: full(b"<kml><Placemark>", b"<Polygon/>", b"</Placemark></kml>"),
    "ring.kml": lambda: full(b"<kml><Placemark>" + KML_RING, b"1,1 2,1 2,2 "),
    "volumes.yaml": lambda: full(b"airspace:\n- geometry:\n", b"  - {}\n", most=900_000),
    "aliases.yaml": lambda: full(b"airspace:\n- &a\n", b"- *a\n"),
}


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_linted_within_limits_and_is_never_clear(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name]())
    command = [sys.executable, "-m", "dfr", "airspace", "lint", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited, check=False)
    assert done.returncode in (0, 2), done.stderr[-500:]
    report = json.loads(done.stdout)
    assert (done.returncode == 2) == (report["records_seen"] == 0)
    assert report["records_seen"] == report["zones"] + report["refused"]
    assert report["refused"] or not report["zones"]
    assert report["problems"]
    assert not report["refused"] or any(p["outcome"] == "refused" for p in report["problems"])
