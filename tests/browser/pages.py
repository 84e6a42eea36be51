"""What the tests of more than one page ask of it."""

import time

PLAN_S = 60_000
FLIGHT_S = 240_000


def until(page, expression, *, arg=None, within_ms=PLAN_S):
    """Wait until an expression holds; asked from outside, since the page's policy forbids eval in it."""
    deadline = time.monotonic() + within_ms / 1000
    while not page.evaluate(expression, arg):
        assert time.monotonic() < deadline, f"not within {within_ms} ms: {expression}"
        page.wait_for_timeout(50)


def times(page):
    """Zone to seconds as the Plan page's table shows them."""
    rows = page.locator("#zones tbody tr").all()
    return {row.get_attribute("data-zone"): row.locator("td").nth(2).inner_text() for row in rows}
