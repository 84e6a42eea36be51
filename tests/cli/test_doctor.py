"""`dfr doctor` says what is there, what is not, and what to do; it fails only where dfr cannot work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from dfr.io.scenario_files import shipped_scenarios


def doctor(**variables: str) -> tuple[int, dict[str, dict[str, object]]]:
    """(exit code, checks by name) in an environment."""
    done = subprocess.run(
        [sys.executable, "-m", "dfr", "doctor", "--json"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def test_an_installation_that_works_is_called_healthy() -> None:
    code, checks = doctor()
    assert code == 0
    assert all(check["found"] for check in checks.values() if check["required"])
    assert "scenarios" in str(checks["shipped scenarios"]["what"])


def test_what_is_shipped_is_counted_without_the_files_that_lie_beside_it() -> None:
    _, checks = doctor()
    listed = len(shipped_scenarios())
    assert str(checks["shipped scenarios"]["what"]).startswith(f"{listed} in ")
    assert str(checks["shipped airspace"]["what"]).startswith("1 in ")


def test_a_package_that_lies_there_but_does_not_load_is_missing(tmp_path: Path) -> None:
    (tmp_path / "simpy.py").write_text("raise ImportError('built for another machine')")
    code, checks = doctor(PYTHONPATH=str(tmp_path))
    assert code == 2
    assert checks["simpy"]["found"] is False
    assert "another machine" in str(checks["simpy"]["what"])
    assert "-> pip install" in str(checks["simpy"]["what"])


def test_an_extra_that_is_half_there_says_what_it_lacks(tmp_path: Path) -> None:
    hidden = "import sys\nsys.modules['uvicorn'] = None\n"
    (tmp_path / "sitecustomize.py").write_text(hidden)
    code, checks = doctor(PYTHONPATH=str(tmp_path))
    assert code == 0
    assert checks["web extra"]["found"] is False
    assert "uvicorn" in str(checks["web extra"]["what"])


def test_a_variable_that_names_no_program_is_a_fault(tmp_path: Path) -> None:
    nothing = str(tmp_path / "nothing")
    for variable, name in (("DFR_ARDUCOPTER", "ArduCopter SITL"), ("DFR_CHROMIUM", "Chromium")):
        code, checks = doctor(**{variable: nothing})
        assert code == 2
        assert checks[name]["found"] is False
        assert nothing in str(checks[name]["what"])
