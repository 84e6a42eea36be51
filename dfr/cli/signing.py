"""The key of a signed link, from the command line."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from dfr.errors import InputError
from dfr.io.files import read_bounded

KEY_BYTES = 32
WANTED = "a file of 32 bytes or of 64 hexadecimal digits, the digits themselves, or passphrase:FILE"
PASSPHRASE = "passphrase:"

SigningKey = Annotated[str | None, typer.Option("--signing-key", help=f"The key of a signed link: {WANTED}.")]


def signing_key(text: str | None) -> bytes | None:
    """The key that `--signing-key` gives; None without. Raises InputError for what is none.

    Of a passphrase, a file's one line, ground stations take the SHA-256.
    """
    if text is None:
        return None
    if text.startswith(PASSPHRASE):
        return hashlib.sha256(read_bounded(Path(text.removeprefix(PASSPHRASE))).rstrip(b"\r\n")).digest()
    key = _key_of_hex(text)
    if key is not None:
        return key
    held = read_bounded(Path(text))
    key = held if len(held) == KEY_BYTES else _key_of_hex(held.decode("ascii", errors="replace"))
    if key is None:
        raise InputError(f"--signing-key {text}: no key of {KEY_BYTES} bytes", do=f"{WANTED}")
    return key


def _key_of_hex(text: str) -> bytes | None:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None
