"""The page "Your purpose-made drone": its commands work in their order and say what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dfr.aircraft.airframe_study import predict_makers_hover


def test_the_misses_on_published_hover_times_are_those_that_the_page_names() -> None:
    misses = {name: predicted / stated - 1.0 for name, predicted, stated in predict_makers_hover()}
    worst = misses.pop("DJI Matrice 4TD")
    assert round(-100.0 * worst) == 17
    assert max(map(abs, misses.values())) < 0.07


@pytest.mark.slow
def test_the_commands_of_the_page_work_in_their_order(repository: Path, tmp_path: Path) -> None:
    page = (repository / "docs" / "howto" / "purpose-made.md").read_text()
    said = {}
    for language, block in re.findall(r"```(sh|yaml)\n(.*?)```", page, re.DOTALL):
        if language == "yaml":
            design = yaml.safe_load((tmp_path / "our-octo.yaml").read_text()) | yaml.safe_load(block)
            (tmp_path / "our-quad.yaml").write_text(yaml.safe_dump(design))
            continue
        arguments = shlex.split(block)[1:]
        done = subprocess.run(
            [sys.executable, "-m", "dfr", *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (arguments, done.stdout[-1500:], done.stderr[-1500:])
        said[" ".join(arguments[:2])] = done.stdout
    assert "Any one motor may stop" in said["airframe our-octo.yaml"]
    assert "It falls if any motor stops." in said["airframe our-quad.yaml"]
    assert "both reach" in said["airframe our-quad.yaml"]
    assert "entered by the team: the design" in said["catalogue our-octo-drone.yaml"]
    assert "The calls of winter-storm" in (tmp_path / "designs.html").read_text()
