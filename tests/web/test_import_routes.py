"""Dropped files over the addresses: shown, taken over on the plan seen, kept only where they are named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dfr.io.scenario_files import shipped_scenarios
from dfr.web.editor import ScenarioEditor
from dfr.web.page_data import PageData
from dfr.web.runs import SimulationRuns

from .test_app import ask, running

TAF = b"TAF EGHI 241000Z 2411/2414 20020G32KT 5000 RA=\n"
STALE_TAF = b"TAF EGHI 011000Z 0111/0114 20020G32KT 5000 RA=\n"
CALLS = b"when,zone,grade,caller\n2023-08-26 15:17,Common Stage,immediate,Jane CANARY\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a copy of the festival that may be written."""
    shutil.copy(shipped_scenarios()["victorious-2024"], tmp_path / "mine.yaml")
    return tmp_path


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    """A server of it."""
    pages = PageData(editor=ScenarioEditor(folder / "mine.yaml"), runs=SimulationRuns(jobs=1))
    with running(pages) as port:
        yield port
    pages.close()


def _asked(port: int, path: str, **given: Any) -> tuple[int, Any]:
    status, body = ask(port, path, **given)
    return status, json.loads(body)


def test_files_are_shown_then_taken_over_on_the_plan_that_was_seen(port: int, folder: Path) -> None:
    state = _asked(port, "/api/plan")[1]["state"]
    _, shown = _asked(port, "/api/import/file?name=taf.txt", method="POST", body=TAF)
    assert shown["as"] == "weather"
    assert not (folder / "taf.txt").exists()
    taking = {"id": shown["id"], "as": "weather"}
    status, _ = _asked(port, "/api/import/apply", method="POST", document={**taking, "state": "0" * 24})
    assert status == 409
    assert not (folder / "taf.txt").exists()
    status, plan = _asked(port, "/api/import/apply", method="POST", document={**taking, "state": state})
    assert status == 200
    assert plan["undo"] == "add weather taf.txt"
    assert (folder / "taf.txt").read_bytes() == TAF
    state = plan["state"]

    _, shown = _asked(port, "/api/import/file?name=x.txt", method="POST", body=STALE_TAF)
    document = {"id": shown["id"], "as": "weather", "state": state}
    status, refused = _asked(port, "/api/import/apply", method="POST", document=document)
    assert status == 400
    assert "covers no hour" in refused["error"]["message"]
    assert not (folder / "x.txt").exists()

    _, shown = _asked(port, "/api/import/file?name=calls.csv", method="POST", body=CALLS)
    assert shown["problem"] == ""
    document = {"id": shown["id"], "as": "calls", "state": state}
    status, plan = _asked(port, "/api/import/apply", method="POST", document=document)
    assert status == 200
    _asked(port, "/api/plan/save", method="POST", document={"state": plan["state"]})
    kept = {path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")}
    assert kept == {"mine.yaml", "taf.txt"}
    written = (folder / "mine.yaml").read_text()
    assert "1 call of 2023-08-26" in written
    assert "CANARY" not in written
    everything = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not any(b"CANARY" in data for data in everything)


def test_hostile_files_are_refused_in_words(port: int) -> None:
    for body in (b"PK\3\4", b"\0\1\2", b"", b"<!DOCTYPE x><kml/>"):
        status, refused = _asked(port, "/api/import/file?name=a.kml", method="POST", body=body)
        assert status == 400
        assert refused["error"]["message"]
    status, _ = ask(port, "/api/import/file?name=a.kml", method="POST", body=b"x" * (33 * 1024 * 1024))
    assert status == 413
