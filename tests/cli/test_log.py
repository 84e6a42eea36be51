"""`dfr log show`: words, JSON, picture, and what it refuses."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from .verbs import dfr


@pytest.fixture
def track(tmp_path: Path) -> Path:
    """A GPX of a flight straight up, and down again."""
    points = "".join(
        f'<trkpt lat="50.0" lon="8.0"><ele>{100 + max(0, 20 - abs(t - 60))}</ele>'
        f"<time>2024-08-24T12:{t // 60:02d}:{t % 60:02d}Z</time></trkpt>"
        for t in range(120)
    )
    path = tmp_path / "flight.gpx"
    path.write_text(f'<gpx version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>')
    return path


def test_a_flight_is_told_in_words(track: Path) -> None:
    done = dfr("log", "show", track)
    assert done.returncode == 0, done.stderr
    assert "flight.gpx: GPX, autopilot unknown" in done.stdout
    assert "flight 1:" in done.stdout
    assert "up to 20.0 m" in done.stdout
    assert "battery     unknown  the log holds no voltage in flight" in done.stdout


def test_json_has_every_flight_with_its_parts(track: Path) -> None:
    document = json.loads(dfr("log", "show", track, "--json").stdout)
    (flight,) = document["flights"]
    assert flight["parts"][0]["kind"] == "takeoff"
    assert document["began"] == "2024-08-24T12:00:00+00:00"
    assert document["series"]["altitude_m_amsl"]["most"] == 120.0


def test_a_plot_is_written(track: Path, tmp_path: Path) -> None:
    plot = tmp_path / "plot.svg"
    assert dfr("log", "show", track, "--plot", plot).returncode == 0
    assert plot.read_text().lstrip().startswith("<svg")


@pytest.mark.parametrize("content", [b"no log", struct.pack(">Q", 10**15) + b"\xfd"])
def test_what_is_no_log_is_bad_input(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(content)
    done = dfr("log", "show", path)
    assert done.returncode == 2
    assert "not a flight log that dfr knows" in done.stderr


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    assert dfr("log", "show", tmp_path / "none.bin").returncode == 2
