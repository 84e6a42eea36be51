"""Every reader against damaged files for as long as is asked, and a folder of dirty ones.

    DFR_FUZZ_SECONDS=600 pytest -m slow tests/io/airspace/test_fuzz.py

Without the variable each reader gets two seconds; the seed is new each time and stands in the message.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from dfr.io.airspace.files import read_airspace
from dfr.io.airspace.lint import files_under, lint_file, sum_reports

from .airspace_samples import OPENAIR, SAMPLES, damaged

SECONDS = float(os.environ.get("DFR_FUZZ_SECONDS", "2"))
FUZZER = Path(__file__).with_name("airspace_fuzzer.py")


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAMPLES)
def test_damaged_files_neither_crash_nor_hang_nor_eat_memory_nor_lose_a_volume(kind: str) -> None:
    seed = random.SystemRandom().randrange(2**32)
    command = [sys.executable, str(FUZZER), kind, str(SECONDS), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + 120, check=False)
    assert done.returncode == 0, done.stderr.replace("\r", "\n")[-3000:]


@pytest.mark.parametrize("kind", [kind for kind in SAMPLES if kind != "kmz"])
def test_the_samples_are_whole(kind: str) -> None:
    reader, data = SAMPLES[kind]
    read = reader(data, name=kind)
    assert read.refused == 0
    assert len(read.zones) >= 2


def dirty_folder(folder: Path, seed: int = 5) -> int:
    """Twenty files as they come: other encodings, line ends, names, orders, and every kind of damage."""
    dice = random.Random(seed)
    suffixes = {"openair": ".txt", "yaixm": ".yaml", "geojson": ".geojson", "kml": ".kml"}
    count = 0
    for kind, (_, sample) in SAMPLES.items():
        if kind == "kmz":
            continue
        name, text = f"-{kind}{suffixes.get(kind, '.json')}", sample.decode()
        variants = [text.encode("utf-8-sig"), text.replace("TOWN", "Düne").encode("latin-1", "replace")]
        variants.append(damaged(kind, text.replace("\n", "\r\n").encode(), dice))
        for data in variants:
            (folder / f"file-{count:02d}{name}").write_bytes(data)
            count += 1
    (folder / "empty.txt").write_bytes(b"")
    (folder / "pack.kmz").write_bytes(SAMPLES["kmz"][1][:-40])
    return count + 2


def test_a_folder_of_twenty_dirty_files_is_linted_whole(tmp_path: Path) -> None:
    assert dirty_folder(tmp_path) == 20
    results = [lint_file(path) for path in files_under([tmp_path])]
    assert len(results) == 20
    summary = sum_reports([report for report, _ in results])
    assert int(str(summary["zones"])) >= 20
    for report, readable in results:
        assert readable == bool(report["records_seen"])
        assert report["records_seen"] == int(str(report["zones"])) + int(str(report["refused"]))
        problems = report["problems"]
        assert report["records_seen"] or problems or report["file"].endswith("empty.txt")


def test_the_fuzzer_finds_a_reader_that_forgets() -> None:
    """The damage is enough to refuse volumes: a reader that dropped them silently would be caught."""
    dice = random.Random(1)
    refused = sum(
        read_airspace(damaged("openair", OPENAIR.encode(), dice), name="x").refused for _ in range(200)
    )
    assert refused > 20
