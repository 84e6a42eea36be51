"""The key of a signed link as a person gives it."""

from __future__ import annotations

import hashlib

import pytest

from dfr.cli.options import signing_key
from dfr.errors import InputError

KEY = bytes(range(32))


def test_a_key_is_given_in_digits_or_in_a_file(tmp_path):
    raw, digits = tmp_path / "raw.key", tmp_path / "digits.key"
    raw.write_bytes(KEY)
    digits.write_text(KEY.hex() + "\n")
    assert signing_key(None) is None
    assert signing_key(KEY.hex()) == signing_key(str(raw)) == signing_key(str(digits)) == KEY


def test_of_a_passphrase_the_key_is_its_sha_256_as_ground_stations_take_it(tmp_path):
    phrase = tmp_path / "phrase.txt"
    phrase.write_text("pilot\n")
    assert signing_key(f"passphrase:{phrase}") == hashlib.sha256(b"pilot").digest()


@pytest.mark.parametrize("content", [b"", b"too short", KEY + b"x"])
def test_what_is_no_key_is_refused_with_what_is_wanted(tmp_path, content):
    file = tmp_path / "bad.key"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"no key of 32 bytes -> a file of 32 bytes"):
        signing_key(str(file))
