"""The log of a shift: nothing changes unseen, a kill loses nothing, and what speaks of persons can go."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfr.errors import InputError
from dfr.store.shift_chain import FIRST_PREVIOUS, BrokenLineError, read_line, write_line
from dfr.store.shift_log import LOG, PERSONAL, ShiftLog, erase_personal_data, read_shift_log

NOW = datetime(2026, 6, 19, 12, tzinfo=UTC)
CALL = {"text": "Jane CANARY, 14 Sea Road: man on the roof", "home": {"lat_deg": 50.7823, "lon_deg": -1.0891}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shift"


@pytest.fixture
def written(folder: Path) -> Path:
    """A log of a call, a person's yes and what a vehicle said, ended as it should be."""
    with opened(folder) as log:
        log.append("call", {"call": 1, "grade": "immediate"}, personal=CALL)
        log.append("yes", {"person": "pilot-2", "drone": "north/1"}, durable=True)
        log.append("vehicle", {"drone": "north/1", "text": "Arming motors"})
    return folder


def opened(folder: Path, *, now: datetime = NOW, keep_days: int = 31) -> ShiftLog:
    return ShiftLog(folder, now=lambda: now, monotonic_s=lambda: 12.5, sync_s=3600.0, keep_days=keep_days)


def edit_line(path: Path, number: int, change: Callable[[bytes], bytes]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    path.write_bytes(b"".join(lines))


def test_records_come_back_as_they_were_written(written: Path) -> None:
    found = read_shift_log(written)
    assert [record.kind for record in found.records] == ["log.opened", "call", "yes", "vehicle", "log.closed"]
    call = found.records[1]
    assert (call.number, call.utc, call.mono_s) == (2, NOW, 12.5)
    assert call.content == {"call": 1, "grade": "immediate"}
    assert call.personal == CALL
    assert found.check.is_whole
    assert str(found.check) == "the chain of 5 records is whole"


def test_a_line_that_counts_wrongly_is_broken_though_its_hashes_fit() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    line, _ = write_line(
        number=7, utc=now, mono_s=1.0, kind="x", content={}, mark=None, previous=FIRST_PREVIOUS
    )
    with pytest.raises(BrokenLineError, match="is record 7, and record 1 belongs here"):
        read_line(line.rstrip(b"\n"), number=1, previous=FIRST_PREVIOUS)


def test_anybody_can_check_the_chain_without_dfr(written: Path) -> None:
    previous = "0" * 64
    for line in (written / LOG).read_bytes().splitlines():
        record = json.loads(line)
        assert record["prev"] == previous
        body = line[: line.rindex(b', "hash"')]
        assert record["hash"] == sha256(body).hexdigest()
        previous = record["hash"]
    assert read_shift_log(written).check.head == previous


def test_what_speaks_of_persons_is_not_in_the_chain_and_its_owners_alone(written: Path) -> None:
    assert b"CANARY" not in (written / LOG).read_bytes()
    assert b"50.7823" not in (written / LOG).read_bytes()
    assert written.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in written.iterdir())


def test_the_same_words_twice_have_two_hashes(folder: Path) -> None:
    with opened(folder) as log:
        first, second = (log.append("call", {}, personal=CALL) for _ in range(2))
    assert first.mark is not None
    assert second.mark is not None
    assert first.mark.hash != second.mark.hash


def test_personal_data_past_their_time_go_and_the_chain_holds(written: Path) -> None:
    late = NOW + timedelta(days=31)
    assert erase_personal_data(written, now=lambda: late - timedelta(seconds=1)) == 0
    assert erase_personal_data(written, now=lambda: late) == 1
    assert all(b"CANARY" not in path.read_bytes() for path in written.iterdir())
    found = read_shift_log(written)
    assert found.check.is_whole
    assert (found.check.personal, found.check.erased, found.check.missing) == (1, 1, 0)
    assert found.records[1].personal == {}
    assert "personal.erased" in {record.kind for record in found.records}


def test_erasing_again_changes_nothing(written: Path) -> None:
    assert erase_personal_data(written, everything=True, now=lambda: NOW) == 1
    before = (written / LOG).read_bytes()
    assert erase_personal_data(written, everything=True, now=lambda: NOW) == 0
    assert (written / LOG).read_bytes() == before


def test_personal_data_taken_out_by_hand_are_told_of(written: Path) -> None:
    (written / PERSONAL).unlink()
    check = read_shift_log(written).check
    assert check.is_whole
    assert (check.erased, check.missing) == (0, 1)


def test_changed_personal_data_show(written: Path) -> None:
    edit_line(written / PERSONAL, 1, lambda line: line.replace(b"roof", b"lawn"))
    check = read_shift_log(written).check
    assert (check.broken_file, check.broken_line) == (PERSONAL, 1)
    assert "was changed" in check.why


def test_a_log_in_use_erases_what_is_past_its_time_and_goes_on(folder: Path) -> None:
    times = iter([NOW, NOW, *[NOW + timedelta(days=40)] * 9])
    with ShiftLog(folder, now=lambda: next(times), sync_s=3600.0) as log:
        log.append("call", {}, personal=CALL)
        assert log.erase_personal() == 1
        log.append("call", {}, personal={"text": "a second call"})
    found = read_shift_log(folder)
    assert found.check.is_whole
    assert [record.personal for record in found.of_kind("call")] == [{}, {"text": "a second call"}]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_changed_line_is_named(written: Path, number: int) -> None:
    edit_line(written / LOG, number, lambda line: line.replace(b"12.5", b"12.6"))
    check = read_shift_log(written).check
    assert check.broken_line == number
    assert check.records == number - 1
    assert check.why == "was changed: its hash does not fit its text"


def rehash(line: bytes) -> bytes:
    body = line[: line.rindex(b', "hash"')]
    return body + b', "hash": "' + sha256(body).hexdigest().encode() + b'"}\n'


def test_a_changed_line_with_a_hash_of_its_own_breaks_the_next(written: Path) -> None:
    edit_line(written / LOG, 3, lambda line: rehash(line.replace(b"pilot-2", b"pilot-3")))
    check = read_shift_log(written).check
    assert check.broken_line == 4
    assert "does not follow the line before it (record 3)" in check.why


@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_line_taken_out_or_put_in_twice_shows(written: Path, number: int) -> None:
    whole = (written / LOG).read_bytes()
    edit_line(written / LOG, number, lambda _: b"")
    assert read_shift_log(written).check.broken_line == number
    (written / LOG).write_bytes(whole)
    edit_line(written / LOG, number, lambda line: line + line)
    assert read_shift_log(written).check.broken_line == number + 1


def test_a_broken_log_is_left_as_it_is(written: Path) -> None:
    edit_line(written / LOG, 2, lambda line: line.replace(b"immediate", b"scheduled"))
    before = (written / LOG).read_bytes()
    with pytest.raises(InputError, match=r"line 2 of log\.jsonl was changed"):
        opened(written)
    assert (written / LOG).read_bytes() == before


def test_a_log_cut_at_any_byte_is_opened_again_and_its_chain_goes_on(written: Path, tmp_path: Path) -> None:
    whole = (written / LOG).read_bytes()
    ends = [0, *(place + 1 for place, byte in enumerate(whole) if byte == ord("\n"))]
    cuts = {*range(0, len(whole), 23), *(end + shift for end in ends for shift in (-1, 0, 1))}
    for cut in sorted(place for place in cuts if 0 <= place <= len(whole)):
        copy = tmp_path / f"cut-{cut}"
        copy.mkdir()
        (copy / LOG).write_bytes(whole[:cut])
        (copy / PERSONAL).write_bytes((written / PERSONAL).read_bytes())
        log = opened(copy)
        log.append("call", {"call": 2})
        found = read_shift_log(copy)
        kept = sum(end <= cut for end in ends) - 1
        torn = cut - max(end for end in ends if end <= cut)
        assert found.check.is_whole
        assert found.check.records == kept + 2
        again = found.records[kept]
        assert (again.kind, again.content["torn_bytes"]) == ("log.opened", torn)
        if torn:
            assert (copy / again.content["torn_file"]).read_bytes() == whole[cut - torn : cut]
        log.close()


def test_personal_data_cut_at_any_byte_are_dropped_or_kept_whole(written: Path, tmp_path: Path) -> None:
    line = (written / PERSONAL).read_bytes()
    opened_line = (written / LOG).read_bytes().splitlines(keepends=True)[0]
    for cut in range(0, len(line) + 1, 17):
        copy = tmp_path / f"cut-{cut}"
        copy.mkdir()
        (copy / LOG).write_bytes(opened_line)
        (copy / PERSONAL).write_bytes(line[:cut])
        with opened(copy) as log:
            log.append("call", {}, personal=CALL)
        found = read_shift_log(copy)
        assert found.check.is_whole
        assert next(found.of_kind("call")).personal == CALL


def test_a_torn_line_of_a_running_log_is_no_break(written: Path) -> None:
    (written / LOG).write_bytes((written / LOG).read_bytes() + b'{"n": 6, "utc"')
    check = read_shift_log(written).check
    assert check.is_whole
    assert str(check) == "the chain of 5 records is whole, then 14 bytes of a torn line"


WRITER = """
import sys
from pathlib import Path
from dfr.store.shift_log import ShiftLog
log = ShiftLog(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    log.append("vehicle", {"number": number}, personal={"number": number})
    if number == 20:
        print("running", flush=True)
"""


def test_a_killed_process_leaves_a_whole_log_and_its_lock(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
    ) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "running\n"
            with pytest.raises(InputError, match="another process writes this log"):
                opened(folder)
        finally:
            writer.send_signal(signal.SIGKILL)
    with opened(folder) as log:
        numbers = [record.content["number"] for record in log.before.of_kind("vehicle")]
        assert len(numbers) >= 20
        assert numbers == list(range(1, len(numbers) + 1))
    found = read_shift_log(folder)
    assert found.check.is_whole
    assert all(record.personal == record.content for record in found.of_kind("vehicle"))


def test_one_process_opens_a_log_once(folder: Path) -> None:
    with opened(folder), pytest.raises(InputError, match="another process"):
        opened(folder)
    with opened(folder) as log:
        assert log.before.check.records == 2


def test_threads_write_one_chain(folder: Path) -> None:
    with opened(folder) as log:
        threads = [
            threading.Thread(target=lambda: [log.append("vehicle", {"text": "x" * 900}) for _ in range(40)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    check = read_shift_log(folder).check
    assert check.is_whole
    assert check.records == 162


def test_a_record_that_is_too_long_is_refused_and_changes_nothing(folder: Path) -> None:
    with opened(folder) as log:
        with pytest.raises(InputError, match="keep it under"):
            log.append("vehicle", {"text": "x" * 300_000})
        with pytest.raises(InputError, match="keep them under"):
            log.append("call", {}, personal={"text": "x" * 300_000})
        log.append("vehicle", {"text": "short"})
    assert read_shift_log(folder).check.is_whole


def test_a_closed_log_takes_nothing_more(folder: Path) -> None:
    log = opened(folder)
    log.close()
    with pytest.raises(InputError, match="is closed"):
        log.append("call", {})


def test_how_a_shift_ended_stands_in_its_last_record(folder: Path) -> None:
    with pytest.raises(RuntimeError), opened(folder):
        raise RuntimeError
    assert read_shift_log(folder).records[-1].content == {"why": "RuntimeError"}


def test_a_folder_without_a_log_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name the folder of a shift log"):
        read_shift_log(tmp_path)
    with pytest.raises(InputError, match="name the folder of a shift log"):
        erase_personal_data(tmp_path)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(contents=st.lists(st.dictionaries(st.text(), JSON, max_size=3), min_size=1, max_size=4))
def test_any_content_comes_back(
    contents: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("shift")
    log = opened(folder)
    for content in contents:
        log.append("any", content, personal=content)
    found = read_shift_log(folder)
    log.close()
    assert found.check.is_whole
    assert [record.content for record in found.of_kind("any")] == contents
    assert [record.personal for record in found.of_kind("any")] == contents


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_one_changed_byte_shows(place: int, byte: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("shift")
    log = opened(folder)
    log.append("yes", {"person": "pilot-2"})
    log.append("yes", {"person": "pilot-1"})
    data = bytearray((folder / LOG).read_bytes())
    log.close()
    place %= len(data)
    changed = data[place] != byte
    data[place] = byte
    (folder / LOG).write_bytes(bytes(data))
    check = read_shift_log(folder).check
    # The end of the last line changed into text looks like a line that a kill tore off.
    assert (check.is_whole and not check.torn_bytes) == (not changed)
