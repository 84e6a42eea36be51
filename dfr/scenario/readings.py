"""What people read or surveyed for a deployment: the NOTAMs, and the obstacles on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotamReading:
    """Who read the NOTAMs for the place and time of a deployment, and when.

    `files` are texts of them, by their resolved paths. `activated` names the zones, active by notice only,
    that a NOTAM makes active; None where nobody has said. `judged` are numbers of NOTAMs that the reader
    found not to matter here, each with the reason. `assumed` True marks a reading that nobody did.
    """

    read_by: str
    read_at: datetime
    files: tuple[str, ...] = ()
    activated: tuple[str, ...] | None = None
    judged: tuple[tuple[str, str], ...] = ()
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObstacleSurvey:
    """Who looked at the site for obstacles, when, and the height of the tallest that no file names.

    `assumed` True marks a survey that nobody did.
    """

    surveyed_by: str
    read_at: datetime
    tallest_m_agl: float
    assumed: bool = False
