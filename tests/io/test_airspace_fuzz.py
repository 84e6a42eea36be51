"""Every reader against damaged files for as long as is asked, and a folder of dirty ones.

    DFR_FUZZ_SECONDS=600 pytest -m slow tests/io/test_airspace_fuzz.py

Without the variable each reader gets two seconds; the seed is new each time and stands in the message.
"""

from __future__ import annotations

import io
import json
import os
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dfr.io.airspace_files import read_airspace
from dfr.io.airspace_lint import files_under, lint_file, totals
from dfr.io.airspace_read import AirspaceRead
from dfr.io.airspace_write import write_ed318, write_geojson, write_kml
from dfr.io.ed269 import read_ed269
from dfr.io.geojson import read_ed318, read_geojson
from dfr.io.kml import read_kml
from dfr.io.openair import read_openair
from dfr.io.yaixm import read_yaixm

SECONDS = float(os.environ.get("DFR_FUZZ_SECONDS", "2"))
SLOWEST_S = 10.0
"""No damaged file of a few kilobytes may take longer, however busy the machine."""

OPENAIR = """* dfr-coverage: 49,-2 51,-2 51,0
AC D
AN TOWN CTR
AH 2000ft AMSL
AL SFC
DP 50:00:00 N 1:00:00 W
DP 50:10:00 N 1:00:00 W
V X=50:05:00 N 0:55:00 W
DB 50:10:00 N 1:00:00 W, 50:00:00 N 0:50:00 W
AC R
AN ROUND
AY RMZ
AA 2023-12-16T12:00Z/2023-12-16T13:00Z
AH FL65
AL 500ft AGL
V X=50:00:00 N 1:00:00 W
DC 2.5
V D=-
DA 10, 300, 40
"""

YAIXM = """airspace:
- name: TOWN
  type: CTR
  class: D
  geometry:
  - seq: 1
    upper: 2000 ft
    lower: SFC
    boundary:
    - line:
      - 500000N 0010000W
      - 501000N 0010000W
    - arc:
        dir: cw
        radius: 5 nm
        centre: 500000N 0005000W
        to: 500500N 0004500W
- name: ROUND
  type: D
  geometry:
  - upper: FL195
    lower: 500 ft SFC
    boundary:
    - circle:
        radius: 2 nm
        centre: 500000N 0010000W
loa:
- name: CLUB
  areas:
  - name: CLUB
    add:
    - name: BOX
      type: CTA
      geometry:
      - {upper: FL100, lower: FL65, boundary: [{circle: {radius: 1 nm, centre: 500000N 0010000W}}]}
    replace:
    - id: town
"""

ED269 = json.dumps(
    {
        "features": [
            {
                "identifier": "A1", "country": "GBR", "name": "Gaol", "type": "COMMON",
                "restriction": "PROHIBITED", "reason": ["SENSITIVE"],
                "applicability": [
                    {
                        "permanent": "NO", "startDateTime": "2024-01-01T00:00:00Z",
                        "schedule": [
                            {"day": ["MON", "ANY"], "startTime": "09:00Z", "endTime": "17:00:00.00Z"}
                        ],
                    }
                ],
                "zoneAuthority": [{"name": "Governor", "email": "a@b.c", "purpose": "AUTHORIZATION"}],
                "geometry": [
                    {
                        "uomDimensions": "M", "lowerLimit": 0, "lowerVerticalReference": "AGL",
                        "upperLimit": 400, "upperVerticalReference": "AMSL",
                        "horizontalProjection": {"type": "Circle", "center": [-1.1, 50.8], "radius": 400},
                    },
                    {
                        "uomDimensions": "FT", "lowerLimit": 10, "lowerVerticalReference": "AMSL",
                        "upperLimit": 900, "upperVerticalReference": "AMSL",
                        "horizontalProjection": {
                            "type": "Polygon",
                            "coordinates": [[[-1.0, 50.0], [-1.0, 50.2], [-0.8, 50.1], [-1.0, 50.0]]],
                        },
                    },
                ],
            }
        ]
    },
    indent=1,
)  # fmt: skip


def _sample() -> AirspaceRead:
    return read_openair(OPENAIR.encode(), name="sample")


def _text(writer: Callable[[AirspaceRead], tuple[str, list[str]]]) -> bytes:
    return writer(_sample())[0].encode()


def _kmz() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", write_kml(_sample())[0])
    return out.getvalue()


SAMPLES: dict[str, tuple[Callable[..., AirspaceRead], Callable[[], bytes]]] = {
    "openair": (read_openair, OPENAIR.encode),
    "yaixm": (read_yaixm, YAIXM.encode),
    "ed269": (read_ed269, ED269.encode),
    "ed318": (read_ed318, lambda: _text(write_ed318)),
    "geojson": (read_geojson, lambda: _text(write_geojson)),
    "kml": (read_kml, lambda: _text(write_kml)),
    "kmz": (read_kml, _kmz),
}
NASTY = (
    b"\0", b"\xff\xfe", b"NaN", b"1e999", b"-", b"9" * 400, b"[" * 300, b"{" * 300, b"null", b"true", b'"',
    b"&x;", b"<!DOCTYPE a [", b"\r", b"180:00:00 W", b"90:00:00 N", b"UNL", b"-1", b"0", b": &a [*a]",
    b"\xe2\x80\xa8",
)  # fmt: skip


def damaged(data: bytes, dice: random.Random) -> bytes:
    """A few cuts, copies, swaps, flips and nasty words."""
    for _ in range(dice.randint(1, 8)):
        at, other = sorted(dice.randrange(len(data) + 1) for _ in range(2))
        other = min(other, at + dice.choice((1, 8, 200)))
        piece = data[at:other]
        kind = dice.randrange(6)
        if kind == 0:
            data = data[:at] + data[other:]
        elif kind == 1:
            data = data[:at] + piece * dice.randint(2, 5) + data[at:]
        elif kind == 2:
            data = (
                data[:at]
                + bytes(b ^ (1 << dice.randrange(8)) for b in piece[:2])
                + data[at + len(piece[:2]) :]
            )
        elif kind == 3:
            data = data[:at] + dice.choice(NASTY) + data[at:]
        elif kind == 4:
            lines = data.split(b"\n")
            lines.insert(dice.randrange(len(lines) + 1), lines[dice.randrange(len(lines))])
            data = b"\n".join(lines)
        else:
            digits = bytes(dice.choice(b"0123456789.-") if chr(b).isdigit() else b for b in piece)
            data = data[:at] + digits + data[at + len(digits) :]
        if not data:
            data = b"x"
    return data[:60_000]


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAMPLES)
def test_damaged_files_neither_crash_nor_hang_nor_lose_a_volume(kind: str) -> None:
    reader, sample = SAMPLES[kind]
    seed = random.SystemRandom().randrange(2**32)
    dice, data, runs = random.Random(seed), sample(), 0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        bytes_ = damaged(data, dice)
        begin = time.monotonic()
        read = reader(bytes_, name="fuzz")
        assert time.monotonic() - begin < SLOWEST_S, (kind, seed, runs)
        assert read.records_seen == len(read.zones) + read.refused, (kind, seed, runs)
        assert all(zone.area.polygon.is_valid for zone in (*read.zones, *read.defects)), (kind, seed, runs)
        runs += 1
    assert runs > 0


def dirty_folder(folder: Path, seed: int = 5) -> int:
    """Twenty files as they come: other encodings, line ends, names, orders, and every kind of damage."""
    dice = random.Random(seed)
    texts = {".txt": OPENAIR, ".yaml": YAIXM, ".json": ED269}
    for kind, suffix in (("ed318", ".json"), ("geojson", ".geojson"), ("kml", ".kml")):
        texts[f"-{kind}{suffix}"] = SAMPLES[kind][1]().decode()
    count = 0
    for name, text in texts.items():
        variants = [text.encode("utf-8-sig"), text.replace("TOWN", "Düne").encode("latin-1", "replace")]
        variants.append(damaged(text.replace("\n", "\r\n").encode(), dice))
        for data in variants:
            (folder / f"file-{count:02d}{name}").write_bytes(data)
            count += 1
    (folder / "empty.txt").write_bytes(b"")
    (folder / "pack.kmz").write_bytes(_kmz()[:-40])
    return count + 2


def test_a_folder_of_twenty_dirty_files_is_linted_whole(tmp_path: Path) -> None:
    assert dirty_folder(tmp_path) == 20
    results = [lint_file(path) for path in files_under([tmp_path])]
    assert len(results) == 20
    summary = totals([report for report, _ in results])
    assert int(str(summary["zones"])) >= 20
    for report, readable in results:
        assert readable
        assert report["records_seen"] == int(str(report["zones"])) + int(str(report["refused"]))
        problems = report["problems"]
        assert report["records_seen"] or problems or report["file"].endswith("empty.txt")


def test_the_fuzzer_finds_a_reader_that_forgets() -> None:
    """The damage is enough to refuse volumes: a reader that dropped them silently would be caught."""
    dice = random.Random(1)
    refused = sum(read_airspace(damaged(OPENAIR.encode(), dice), name="x").refused for _ in range(200))
    assert refused > 20
