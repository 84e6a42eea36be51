"""Ctrl-C ends a verb with 130, keeps what is finished, and says so and how to go on."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dfr.aircraft.landing_study import Axis
from dfr.cli import landing
from dfr.errors import StoppedError
from dfr.io.logs.files import parse_log
from dfr.io.scenario_files import shipped_scenarios
from dfr.logs.model import Quantity, Series

LONGEST_S = 240.0
SOME_PACKETS = 20_000  # bytes: a vehicle that has said who and where it is


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    shutil.copy(shipped_scenarios()["victorious-2024"], path)
    return path


def stopped(*arguments: str, when: Callable[[], bool], folder: Path) -> tuple[int, str, str]:
    """(Exit code, stdout, stderr) of a verb that gets Ctrl-C's signal once something holds."""
    command = [sys.executable, "-m", "dfr", *arguments]
    # In files: nobody reads pipes while this waits.
    told, said = folder / "stdout", folder / "stderr"
    with (
        told.open("w") as out,
        said.open("w") as err,
        subprocess.Popen(command, stdout=out, stderr=err) as verb,
    ):
        deadline = time.monotonic() + LONGEST_S
        while not when() and verb.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        verb.send_signal(signal.SIGINT)
        code = verb.wait(timeout=900)
    return code, told.read_text(), said.read_text()


def test_a_simulation_keeps_its_replications_and_goes_on(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    verb = ("simulate", str(scenario), "--replications", "2000", "--jobs", "1", "--out", str(out))
    code, _, said = stopped(*verb, when=lambda: len(list(out.glob("parts/*.arrow"))) > 3, folder=tmp_path)
    assert code == 130, said
    kept = len(list(out.glob("parts/*.arrow")))
    assert f"{kept} replications kept in {out} -> the same command resumes" in said
    assert "Traceback" not in said
    code, told, _ = stopped(
        *verb, "--json", when=lambda: len(list(out.glob("parts/*.arrow"))) > kept + 2, folder=tmp_path
    )
    error = json.loads(told)["error"]
    assert (code, error["code"], error["exit_code"]) == (130, "interrupted", 130)
    assert len(list(out.glob("parts/*.arrow"))) > kept + 2, "it went on where it had stopped"


def test_a_rehearsal_keeps_plan_records_and_flights(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    verb = ("rehearse", str(scenario), "--replications", "2", "--engine", "builtin", "--out", str(out))
    flying = out / "flights"
    code, _, said = stopped(*verb, "--jobs", "1", when=lambda: any(flying.glob("*.tlog")), folder=tmp_path)
    assert code == 130, said
    assert re.search(r"the plan, 2 replications and \d+ flights? are kept in", said)
    assert "Traceback" not in said
    assert (out / "plan.json").is_file()
    assert (out / "run" / "kpis.json").is_file()


def flown_so_far(folder: Path) -> list[tuple[Series, Series]]:
    """(heights, arming) of each vehicle of a shift, from the packets that were kept."""
    logs = [path.read_bytes() for path in folder.glob("*.tlog")]
    series = [parse_log(log, name="kept").series for log in logs if len(log) > SOME_PACKETS]
    return [(told[Quantity.HEIGHT_M_HOME], told[Quantity.ARMED]) for told in series]


def any_flies(flown: list[tuple[Series, Series]]) -> bool:
    return any(
        np.any((heights.values > 10.0) & (armed.last_before(heights.t_s) > 0.0)) for heights, armed in flown
    )


def test_a_shift_that_is_stopped_in_flight_brings_its_drones_down_and_keeps_its_records(
    scenario: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    verb = ("rehearse", str(scenario), "--replications", "2", "--jobs", "1", "--engine", "builtin")
    shift = ("--flights", "0", "--shift", "20min", "--vehicles", "1", "--speedup", "20")
    code, told, said = stopped(
        *verb,
        *shift,
        *("--out", str(out), "--json"),
        when=lambda: any_flies(flown_so_far(out / "flights")),
        folder=tmp_path,
    )
    assert code == 130, said
    assert "sent home if we control it" in said
    assert "LEFT IN FLIGHT" not in said
    assert "Traceback" not in said
    assert json.loads(told)["error"]["code"] == "interrupted"
    kept = json.loads((out / "run" / "kpis.json").read_text())
    assert kept["replications"] == 2
    assert (out / "plan.json").is_file()
    flown = flown_so_far(out / "flights")
    assert any_flies(flown), "the flight as it was flown is kept"
    heights, armed = flown[-1]
    assert armed.values[-1] == 0.0
    assert heights.values[-1] == pytest.approx(0.0, abs=1.0)


def test_an_envelope_prints_the_axes_that_were_finished(capsys: pytest.CaptureFixture[str]) -> None:
    success = {"rate": 0.9, "low": 0.85, "high": 0.95}
    row = {"wind_mps": 4.0, "success": success, "landed_not_disarmed": 0.125}
    words = landing._finished_words({Axis.WIND: [row]}, as_json=False)
    assert "over wind" in words
    said = capsys.readouterr().out
    assert "docked  90.0%" in said
    assert "not disarmed 12.5%" in said
    assert "nothing is kept" in landing._finished_words({Axis.WIND: [row]}, as_json=True)
    assert capsys.readouterr().out == "", "one document only"


def test_the_error_of_a_stop_has_the_code_of_one() -> None:
    assert (StoppedError.code, StoppedError.exit_code) == ("interrupted", 130)
