"""`dfr log verify` and `dfr data erase --shift`, as a person runs them on the log of a shift."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dfr.cli.data import app as data_app
from dfr.cli.log import app as log_app
from dfr.errors import InputError
from dfr.store.shift_log import LOG, ShiftLog


@pytest.fixture
def shift(tmp_path: Path) -> Path:
    with ShiftLog(tmp_path / "shift") as log:
        log.append("call", {"call": 1}, personal={"text": "Jane CANARY"})
    return tmp_path / "shift"


def verify(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(log_app, ["verify", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def test_a_whole_log_is_whole_and_gives_its_last_hash(shift: Path) -> None:
    code, text = verify(shift)
    assert code == 0
    assert "the chain of 3 records is whole" in text
    assert "not closed" not in text
    head = text.rsplit("last hash: ", 1)[1].strip()
    assert verify(shift, "--head", head)[0] == 0


def test_a_changed_line_is_named_and_the_exit_code_is_3(shift: Path) -> None:
    log = shift / LOG
    log.write_bytes(log.read_bytes().replace(b'"call": 1', b'"call": 2'))
    code, text = verify(shift)
    assert code == 3
    assert "line 2 of log.jsonl was changed" in text


def test_lines_cut_off_the_end_show_beside_a_hash_kept_elsewhere(shift: Path) -> None:
    head = json.loads(verify(shift, "--json")[1])["head"]
    log = shift / LOG
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    code, text = verify(shift)
    assert code == 0
    assert "it was not closed: its shift runs, its process was killed, or lines were cut off" in text
    assert json.loads(verify(shift, "--json")[1])["closed"] is False
    code, text = verify(shift, "--head", head)
    assert code == 3
    assert "lines were cut off its end" in text


def test_a_hash_that_is_none_is_bad_input(shift: Path) -> None:
    with pytest.raises(InputError, match="give the 64 digits"):
        verify(shift, "--head", "abc")


def test_personal_data_go_by_a_verb_and_the_log_stays_whole(shift: Path) -> None:
    runner = CliRunner()
    assert "0 records erased" in runner.invoke(data_app, ["erase", "--shift", str(shift)]).stdout
    done = runner.invoke(data_app, ["erase", "--shift", str(shift), "--all"])
    assert "personal data of 1 record erased" in done.stdout
    assert all(b"CANARY" not in path.read_bytes() for path in shift.iterdir())
    code, text = verify(shift)
    assert code == 0
    assert "personal data: 1 record, 1 erased, 0 missing" in text
