"""The Simulate page: runs with progress, stopped and compared."""

import re

import pytest

from .pages import until

pytestmark = pytest.mark.browser


def test_two_simulations_are_run_with_progress_and_compared(watched, planning):
    page = watched(planning).open("simulate")
    for replications in ("2", "4"):
        page.fill("#replications", replications)
        page.click("#go")
        until(
            page,
            "n => [...document.querySelectorAll('#runs tbody td:nth-child(4)')].some(c => c.innerText === n)",
            arg=replications,
            within_ms=120_000,
        )
    assert re.search(r"\d+ s", page.inner_text("#tiles .tile >> nth=0"))
    assert page.locator("#intervals svg line").count() > 10
    page.check("input[aria-label='compare with run 1']")
    page.wait_for_selector("#comparison:not([hidden])")
    assert page.locator("#differences tbody tr").count() > 20


def test_a_simulation_can_be_stopped(watched, planning):
    page = watched(planning).open("simulate")
    page.fill("#replications", "2000")
    page.click("#go")
    page.wait_for_selector("#stop:enabled")
    page.click("#stop")
    until(page, "document.getElementById('done').innerText === 'stopped'", within_ms=60_000)
