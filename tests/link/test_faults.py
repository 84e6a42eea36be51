"""Uploads over a line that drops, repeats, reorders, delays, corrupts and replays."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from dataclasses import replace

import pytest

from dfr.errors import LinkError, TransferError
from dfr.link.mavlink import connect
from dfr.link.transfer import inspect_onboard, upload_verified
from dfr.link.vehicle import OnboardPlan

FAULTS = ("drop", "drop", "drop", "corrupt", "repeat", "reorder", "replay", "delay")
LOSSES = 4 / len(FAULTS)
"""The share of faults that lose a frame: a corrupt one is passed over by whoever gets it."""

ASKS_AGAIN_S = 1.5
"""A little more than the second after which a vehicle asks again for an item that does not come."""


class BadLine:
    """A rule for the proxy: each frame meets one fault at most, drawn from a seed; `loss` of all are lost."""

    def __init__(self, seed: int, loss: float) -> None:
        self._random = random.Random(seed)
        self._share = loss / LOSSES
        self._held: dict[str, list[bytes]] = {"up": [], "down": []}
        self._past: dict[str, list[bytes]] = {"up": [], "down": []}

    def __call__(self, direction, message, frame):
        if not message.get_type().startswith("MISSION"):
            return None
        past = self._past[direction]
        past.append(frame)
        del past[:-50]
        out = self._faulty(direction, frame)
        return out + self._released(direction)

    def _released(self, direction: str) -> list[bytes]:
        held, self._held[direction] = self._held[direction], []
        return held

    def _faulty(self, direction: str, frame: bytes) -> list[bytes]:
        if self._random.random() >= self._share:
            return [frame]
        fault = self._random.choice(FAULTS)
        if fault == "drop":
            return []
        if fault == "repeat":
            return [frame, frame]
        if fault == "reorder":
            released = self._released(direction)
            self._held[direction] = [frame]
            return released
        if fault == "corrupt":
            spoilt = bytearray(frame)
            spoilt[self._random.randrange(len(spoilt))] ^= 1 << self._random.randrange(8)
            return [bytes(spoilt)]
        if fault == "replay":
            return [frame, self._random.choice(self._past[direction])]
        time.sleep(0.01)
        return [frame]


def outcome(vehicle, proxy, plan) -> str:
    """What became of one upload; "lying" is a plan held for verified that is not what is on board."""
    try:
        report = upload_verified(vehicle, plan)
    except TransferError:
        return "failed" if vehicle.plan is OnboardPlan.UNKNOWN else "lying"
    finally:
        proxy.rule = lambda direction, message, frame: None
        time.sleep(0.4)
    assert report.verified
    if vehicle.plan is OnboardPlan.UNKNOWN:
        return "noticed"
    try:
        return "verified" if inspect_onboard(vehicle, plan).verified else "lying"
    except TransferError:  # a COUNT repeated late has opened an upload: the vehicle asks for its items
        time.sleep(ASKS_AGAIN_S)
        return "noticed" if vehicle.plan is OnboardPlan.UNKNOWN else "lying"


def uploads(grounded, proxy_to, dispatch, *, count: int, loss: float, first_seed: int) -> list[str]:
    results = []
    longer = dispatch.items[:2] * 3 + dispatch.items[2:]
    plans = [replace(dispatch, params={}), replace(dispatch, params={}, items=longer)]
    with proxy_to(grounded.url) as proxy, connect(proxy.url, simulated=True) as vehicle:
        for number in range(count):
            proxy.rule = BadLine(first_seed + number, loss)
            results.append(outcome(vehicle, proxy, plans[number % 2]))
            proxy.seen.clear()
    return results


@pytest.mark.parametrize("loss", [0.05, pytest.param(0.15, marks=pytest.mark.slow)])
def test_a_bad_line_never_ends_verified_but_different(grounded, proxy_to, dispatch, loss):
    results = uploads(grounded, proxy_to, dispatch, count=3, loss=loss, first_seed=int(2000 * loss))
    assert "lying" not in results
    assert results.count("verified") >= 2


@pytest.mark.slow
@pytest.mark.parametrize("quarter", range(4))
def test_a_thousand_uploads_with_up_to_30_percent_lost_each_way(grounded, proxy_to, dispatch, quarter):
    became: Counter[str] = Counter()
    for block in range(quarter, 20, 4):
        loss = 0.3 * (block + 1) / 20
        seed = 100_000 + 50 * block
        results = Counter(uploads(grounded, proxy_to, dispatch, count=50, loss=loss, first_seed=seed))
        logging.getLogger(__name__).info("%.1f %% lost: %s", 100.0 * loss, dict(results))
        became += results
    assert sum(became.values()) == 250
    assert set(became) <= {"verified", "failed", "noticed"}
    assert became["verified"] >= 225


def test_a_line_cut_in_the_middle_leaves_the_plan_unknown(grounded, proxy_to, long_plan):
    with proxy_to(grounded.url) as proxy, connect(proxy.url, simulated=True) as vehicle:

        def cut(direction, message, frame):
            if message.get_type() == "MISSION_ITEM_INT" and message.seq == 20:
                proxy.cut = True
            return

        proxy.rule = cut
        with pytest.raises(LinkError):
            upload_verified(vehicle, long_plan)
        assert vehicle.plan is OnboardPlan.UNKNOWN
