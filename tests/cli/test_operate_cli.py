"""`dfr operate` as a person starts and stops it; what flies is in tests/operate and tests/browser."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from dfr.cli.operate import _describe_left, app
from dfr.errors import InputError
from dfr.operate.fleet import Berth

REAL = ("--vehicle", "udp:127.0.0.1:1")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*REAL, "--yes"), "--yes stands for a person's yes with simulated vehicles alone"),
        (("--vehicle", "builtin", "--supervise"), "vehicles that dfr operate starts end with its process"),
    ],
)
def test_what_would_fly_without_a_person_or_fall_with_the_process_is_refused(tmp_path, options, words):
    done = CliRunner().invoke(app, ["victorious-2024", "--out", str(tmp_path / "shift"), *options])
    assert isinstance(done.exception, InputError)
    assert words in str(done.exception)
    assert not (tmp_path / "shift").exists(), "nothing was begun"


def test_a_second_stop_says_of_each_armed_drone_by_its_name_what_it_does(monkeypatch):
    """Two lines may both have a system 1."""
    monkeypatch.setattr("dfr.cli.operate.describe_left_vehicle", lambda vehicle: "system 1 is ARMED in AUTO")

    def berth(drone, armed):
        return Berth(drone=drone, url="", vehicle=SimpleNamespace(state=SimpleNamespace(armed=armed)))

    berths = [berth("east/1", armed=True), berth("west/1", armed=False), Berth(drone="north/1", url="")]
    assert list(_describe_left(berths)) == ["east/1: system 1 is ARMED in AUTO"]
