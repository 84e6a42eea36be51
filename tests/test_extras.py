"""What an installation without the optional parts does, and how it names what it lacks."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from dfr import normal
from dfr.cli import main
from dfr.extras import EXTRAS

LIGHT_VERBS = ("sitl", "fly", "upload", "vehicle", "mission-file", "log", "airspace", "predict", "doctor")
"""The verbs of an installation for SITL alone."""

WITHOUT_PLAN = f"""
import importlib, importlib.abc, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {EXTRAS["plan"].modules!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
import firmware_sitl.pytest_plugin, dfr.link.pytest_plugin, dfr.link.pilot, firmware_sitl.assertions
from dfr.cli.main import VERBS
for verb in {LIGHT_VERBS!r}:
    importlib.import_module(VERBS[verb][0])
"""


def test_missions_are_flown_without_the_packages_of_planning() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PLAN], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.setitem(main.VERBS, "schema", ("uvicorn", "needs a package that is not there"))
    assert main._exit_code(["schema"]) == 2
    told = capsys.readouterr().err
    assert "uvicorn is not installed" in told
    assert "pip install 'dfr-planner[web]'" in told


def test_a_missing_package_of_no_extra_is_a_fault_of_dfr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(main.VERBS, "schema", ("dfr.no_such_module", "does not exist"))
    assert main._exit_code(["schema"]) == 1
    assert "fault in dfr" in capsys.readouterr().err


def test_the_extras_are_those_of_the_package(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    declared = project["optional-dependencies"]
    assert set(EXTRAS) == set(declared) - {"all", "dev", "sitl"}
    assert f"dfr-planner[{','.join(EXTRAS)}]" == declared["all"][0]
    heavy = {"scipy", "highspy", "pyarrow", "matplotlib", "contourpy"}
    assert not {line.split(">=")[0] for line in project["dependencies"]} & heavy


def test_the_normal_distribution_is_the_same_without_scipy() -> None:
    x = np.linspace(-8.0, 8.0, 401)
    np.testing.assert_allclose(normal._without_scipy(x), ndtr(x), rtol=1e-13)
