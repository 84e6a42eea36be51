"""`dfr serve` refuses what it cannot serve before it listens."""

import pytest

from .verbs import dfr

BAD = {
    "no folder": ("--folder", "none"),
    "a file for a folder": ("--folder", "here.yaml"),
    "two scenarios": ("winter-storm", "--scenario", "winter-storm"),
    "a folder and a scenario": ("winter-storm", "--folder", "."),
    "no scenario of that name": ("winter-strom",),
    "weather of no deployment": ("--metar", "here.yaml"),
}


@pytest.mark.parametrize("flags", BAD.values(), ids=BAD)
def test_what_cannot_be_served_is_bad_input(tmp_path, flags):
    (tmp_path / "here.yaml").write_text("x")
    done = dfr("serve", "--port", "0", *flags, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "->" in done.stderr
    assert "Traceback" not in done.stderr
