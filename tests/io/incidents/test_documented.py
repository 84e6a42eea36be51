"""The JSON that the documentation shows to those who send incidents is read as it says."""

from __future__ import annotations

import re
from pathlib import Path

from dfr.io.incidents.reading import read_incident
from dfr.io.incidents.report import match_grade


def test_the_documented_message_is_read_whole(repository: Path) -> None:
    page = (repository / "docs" / "howto" / "control-room.md").read_text()
    (message,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    report = read_incident(message.encode())
    assert report.key == ("Hampshire Police", "HP-2026-0619-0421")
    assert report.place.uncertainty_m == 30.0
    assert match_grade(report, ["immediate", "priority"]) == "immediate"
    assert (report.kind, report.address) == ("Missing person", "South Parade Pier, Southsea")
