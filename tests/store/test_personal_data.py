"""Data about people stay in a folder of their owner for as long as was said, then go without a trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dfr.errors import InputError
from dfr.store.personal_data import DataKind, OwnedFolder

NOW = datetime(2026, 6, 19, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> OwnedFolder:
    """A folder that is not there yet."""
    return OwnedFolder(tmp_path / "personal-data")


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A log of calls whose very name tells of a person."""
    path = tmp_path / "Calls of CANARY.csv"
    path.write_text("caller\nJane CANARY\n")
    return path


def test_a_kept_file_is_its_owners_alone_and_has_an_end(folder: OwnedFolder, calls: Path) -> None:
    kept = folder.keep(calls, kind=DataKind.CALLS, owner="PC 1234", days=31, now=NOW)
    (entry,) = folder.entries()
    assert entry == kept
    assert entry.keep_until == NOW + timedelta(days=31)
    assert folder.path.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.path.iterdir())
    assert not entry.is_overdue(NOW + timedelta(days=30))
    assert entry.is_overdue(NOW + timedelta(days=31))


def test_what_is_past_its_time_is_erased_and_leaves_no_name(folder: OwnedFolder, calls: Path) -> None:
    folder.keep(calls, kind=DataKind.CALLS, owner="PC 1234", days=1, now=NOW)
    longer = folder.keep(calls, kind=DataKind.PICTURE, owner="PC 1234", days=9, now=NOW)
    assert [entry.id for entry in folder.erase(None, now=NOW + timedelta(days=2))] == ["0001"]
    assert sorted(path.name for path in folder.path.iterdir()) == [longer.file, "index.json"]
    assert [entry.id for entry in folder.erase(["0002"], now=NOW)] == ["0002"]
    assert [path.name for path in folder.path.iterdir()] == ["index.json"]
    left = (folder.path / "index.json").read_text()
    assert "canary" not in left.casefold()
    assert "1234" not in left
    assert folder.keep(calls, kind=DataKind.TRACK, owner="x", days=1, now=NOW).id == "0003"


@pytest.mark.parametrize(
    ("days", "owner", "word"), [(0, "me", "0 days"), (9999, "me", "days"), (3, " ", "nobody")]
)
def test_data_without_an_end_or_an_owner_are_not_kept(
    folder: OwnedFolder, calls: Path, days: int, owner: str, word: str
) -> None:
    with pytest.raises(InputError, match=word):
        folder.keep(calls, kind=DataKind.CALLS, owner=owner, days=days, now=NOW)
    assert not folder.path.exists()


def test_what_is_not_there_cannot_be_erased(folder: OwnedFolder, calls: Path) -> None:
    folder.keep(calls, kind=DataKind.CALLS, owner="me", days=3, now=NOW)
    with pytest.raises(InputError, match="nothing is kept as '0009' -> one of 0001"):
        folder.erase(["0009"], now=NOW)


def test_an_index_that_points_elsewhere_erases_nothing_there(folder: OwnedFolder, calls: Path) -> None:
    folder.keep(calls, kind=DataKind.CALLS, owner="me", days=3, now=NOW)
    index = folder.path / "index.json"
    index.write_text(index.read_text().replace("0001-calls-of-canary.csv", f"../{calls.name}"))
    folder.erase(["0001"], now=NOW)
    assert calls.exists()
    index.write_text("[1]")
    with pytest.raises(InputError, match="not an index of kept data"):
        folder.entries()


def test_keeping_time_is_applied_and_told(folder: OwnedFolder, calls: Path) -> None:
    assert folder.apply_retention(now=NOW).lines() == [], "nothing is kept, and no folder is made"
    assert not folder.path.exists()
    folder.keep(calls, kind=DataKind.CALLS, owner="PC 1234", days=1, now=NOW)
    folder.keep(calls, kind=DataKind.PICTURE, owner="PC 1234", days=9, now=NOW)
    applied = folder.apply_retention(now=NOW + timedelta(days=2))
    assert applied.erased == 1
    assert applied.lines() == [
        "1 file about people erased: past the time to keep them.",
        "1 file about people kept in personal-data; the next is erased on 2026-06-28."
        " `dfr data erase` erases them at once.",
    ]
    assert folder.apply_retention(now=NOW + timedelta(days=2)).erased == 0
