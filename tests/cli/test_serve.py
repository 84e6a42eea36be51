"""`dfr serve` refuses what it cannot serve, and keeps data about people no longer than somebody said."""

from datetime import UTC, datetime, timedelta

import pytest

from dfr.store.personal_data import DataKind, OwnedFolder

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


@pytest.mark.parametrize("beside", [True, False], ids=["beside the scenario", "in the folder worked in"])
def test_serving_one_scenario_erases_what_is_past_its_time(tmp_path, beside):
    work, kept_at = tmp_path / "work", tmp_path / ("team" if beside else "work")
    for folder in (work, tmp_path / "team"):
        folder.mkdir()
    calls = tmp_path / "calls.csv"
    calls.write_text("Jane CANARY")
    now, owned = datetime.now(tz=UTC), OwnedFolder(kept_at / "personal-data")
    owned.keep(calls, kind=DataKind.CALLS, owner="PC 1234", days=1, now=now - timedelta(days=3))
    (tmp_path / "team" / "fete.yaml").write_text("name: fete\n")  # no scenario: refused
    done = dfr("serve", "--port", "0", str(tmp_path / "team" / "fete.yaml"), cwd=work)
    assert done.returncode == 2
    assert "1 file about people erased" in done.stderr
    assert list((kept_at / "personal-data").glob("*.csv")) == []
