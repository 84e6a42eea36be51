"""Files that are written piece by piece: whole or not at all, and never without room."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfr.errors import InputError
from dfr.io.files import lock_file, open_atomically, write_atomically


def test_a_file_is_there_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "log.bin"
    with open_atomically(path, room_for=3) as file:
        file.seek(1)
        file.write(b"bc")
        file.seek(0)
        file.write(b"a")
        assert not path.exists()
    assert path.read_bytes() == b"abc"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_was_broken_off_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "log.bin"
    path.write_bytes(b"before")
    stopped = RuntimeError()

    def break_off() -> None:
        with open_atomically(path) as file:
            file.write(b"half")
            raise stopped

    with pytest.raises(RuntimeError):
        break_off()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_more_than_the_disk_holds_is_refused_before_it_begins(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="make room on the disk"),
        open_atomically(tmp_path / "x", room_for=2**60),
    ):
        pytest.fail("it began")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_its_owner_is_nobody_elses_to_read(tmp_path: Path) -> None:
    write_atomically(tmp_path / "ours.json", "{}", mode=0o600)
    write_atomically(tmp_path / "all.json", "{}")
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "ours.json": 0o600,
        "all.json": 0o644,
    }


def test_a_file_is_locked_by_one_at_a_time(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as first, (tmp_path / "log").open("rb") as second:
        assert lock_file(first)
        assert not lock_file(second)
        first.close()
        assert lock_file(second)
