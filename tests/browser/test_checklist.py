"""The checklist beside the map: what a go still needs, step by step."""

from datetime import UTC, datetime, timedelta

import pytest

from dfr.io.new_deployment import NewDeployment, write_new_deployment

pytestmark = pytest.mark.browser


@pytest.fixture
def fete(tmp_path):
    """A deployment in a month, as it is written before anybody has edited it."""
    day = str((datetime.now(tz=UTC) + timedelta(days=30)).date())
    new = NewDeployment(name="fete", place="50.782, -1.089", zone="Europe/London", first_day=day)
    path = tmp_path / "fete.yaml"
    path.write_text(write_new_deployment(new, folder=tmp_path).text)
    return path


def test_it_shows_step_by_step_what_a_go_needs_and_what_would_clear_it(watched, serve, fete):
    with serve("--scenario", fete, "--jobs", "1") as base:
        page = watched(base).open("plan")
        assert "steps to do" in page.inner_text("#checklist-count")
        crowds = page.locator('[data-step="crowds"]')
        assert "to do" in crowds.inner_text()
        crowds.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert "draw the crowds (in the file: site.crowds)" in crowds.inner_text()
        assert "on the day" in page.inner_text('[data-step="day"]')
        assert "done" in page.inner_text('[data-step="country"]')
        page.close()
