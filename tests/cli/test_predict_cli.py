"""`dfr predict` on files as other programs write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dfr.cli.predict import predict

LINE = '{"distance_m": 800, "bearing_deg": 90, "height_m": 60}'
PROMISED = {
    "climb_s",
    "out_s",
    "hover_s",
    "back_s",
    "land_s",
    "total_s",
    "energy_wh",
    "reachable",
    "limited_by",
    "ground_speed_out_mps",
    "ground_speed_back_mps",
}


def predicted(path: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    path.write_bytes(data)
    predict(path, as_json=True)
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


@pytest.mark.parametrize(
    "data",
    [f"\ufeff{LINE}\r\n{LINE}\r\n".encode(), f"{LINE}\n\n  \n{LINE}".encode()],
    ids=["byte order mark and CRLF", "empty lines and no last newline"],
)
def test_lines_are_read_however_an_editor_saved_them(tmp_path, capsys, data):
    first, second = predicted(tmp_path / "cases.jsonl", data, capsys)
    assert first == second
    assert set(first) >= PROMISED


def test_a_sortie_that_cannot_be_flown_has_every_promised_field_and_the_reason(tmp_path, capsys):
    storm = LINE.replace("}", ', "wind_mps": 30, "wind_from_deg": 90}')
    (row,) = predicted(tmp_path / "cases.jsonl", storm.encode(), capsys)
    assert set(row) >= PROMISED
    assert (row["reachable"], row["limited_by"], row["total_s"]) == (False, "wind", None)
