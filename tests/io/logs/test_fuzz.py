"""Every reader against damaged logs, at random but by seed: it gives a log or an InputError, nothing else.

`python -m tests.io.logs.test_fuzz FORMAT SECONDS` goes on for longer and prints the seed of each failure.
"""

from __future__ import annotations

import random
import re
import sys
import time
import warnings

import pytest

from dfr.errors import InputError
from dfr.io.logs.files import parse_log
from dfr.logs.flights import find_flights
from dfr.logs.health import assess_health
from dfr.logs.wind import estimate_wind

from .log_samples import SAMPLES

WILD = (
    b"\0" * 8, b"\xff" * 8, b"\x7f\xf0\0\0\0\0\0\0", b"\0\0\0\0\0\0\xf0\x7f", b"nan", b"-1e308", b",", b"\n",
)  # fmt: skip
NUMBERS = (b"", b"0", b"-1", b"nan", b"inf", b"1e400", b"9" * 30, b"0x1f", b"12:61", b"2024", b"-180.0000001")
SEEDS = 150


def damage(data: bytes, random_: random.Random) -> bytes:
    """A log after one to eight things that happen to files: bytes changed, lost, doubled, moved, cut off."""
    made = bytearray(data)
    for _ in range(random_.randint(1, 8)):
        if not made:
            break
        at, length = random_.randrange(len(made)), random_.choice((1, 2, 4, 16, 300, 5000))
        match random_.randrange(8):
            case 0:
                made[at] ^= 1 << random_.randrange(8)
            case 1:
                del made[at : at + length]
            case 2:
                made[at:at] = made[at : at + length]
            case 3:
                to = random_.randrange(len(made))
                made[to : to + length] = made[at : at + length]
            case 4:
                wild = random_.choice(WILD)
                made[at : at + len(wild)] = wild
            case 5:
                made[at : at + length] = random_.randbytes(length)
            case 6:
                early = random_.randrange(min(len(made), 2000))
                made[early] = random_.randrange(256)
            case _:
                del made[random_.randrange(len(made) // 2, len(made)) :]
    return bytes(made)


def damage_text(data: bytes, random_: random.Random) -> bytes:
    """A text with one to fifty of its numbers replaced, so that its form stays whole."""
    words = re.split(rb"(\d[\d.]*)", data)
    for _ in range(random_.randint(1, 50)):
        at = random_.randrange(len(words))
        if words[at][:1].isdigit():
            words[at] = random_.choice(NUMBERS)
    return b"".join(words)


def read_all(data: bytes) -> None:
    """What `dfr log show` works out. Raises whatever a fault in it raises; not InputError."""
    try:
        log = parse_log(data, name="damaged")
    except InputError:
        return
    flights = find_flights(log)
    assess_health(log, flights)
    for flight in flights:
        estimate_wind(log, flight)


def read_damaged(kind: str, seed: int) -> None:
    """Read the log that a seed damages."""
    sample = SAMPLES[kind]
    random_ = random.Random(seed)
    if random_.random() < 0.7:  # a shorter one is read sooner
        sample = sample[: random_.randrange(1, len(sample))]
    if kind.endswith((".csv", ".gpx", ".log")) and random_.random() < 0.5:
        read_all(damage_text(SAMPLES[kind], random_))
    else:
        read_all(damage(sample, random_))


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAMPLES)
def test_a_damaged_log_is_read_or_refused(kind: str) -> None:
    for seed in range(SEEDS):
        read_damaged(kind, seed)


def _fuzz(kind: str, seconds: float, first: int) -> None:
    warnings.simplefilter("error")
    ends, seed, failures = time.monotonic() + seconds, first, 0
    while time.monotonic() < ends:
        try:
            read_damaged(kind, seed)
        except Exception as error:
            failures += 1
            print(f"{kind} seed {seed}: {type(error).__name__}: {error}", flush=True)
        seed += 1
    print(f"{kind}: {seed - first} damaged logs in {seconds:.0f} s, {failures} failed", flush=True)


if __name__ == "__main__":
    _fuzz(sys.argv[1], float(sys.argv[2]), first=1_000_000)
