"""The page of a live shift after its end: flights, figures beside the model's, and what its log is worth."""

from __future__ import annotations

from importlib import resources
from typing import Protocol

import jinja2
from markupsafe import Markup

from dfr import __version__
from dfr.logs.comparison import ComparedFlights
from dfr.metrics.logged_shift import LoggedShift
from dfr.report.words import figure, number, plural, sentence


class LogCheck(Protocol):
    """What a check of the log found (`dfr.store.shift_log`); its text says it in words."""

    @property
    def is_whole(self) -> bool:
        """Whether every line is as it was written."""

    @property
    def head(self) -> str:
        """The hash of the last record."""

    @property
    def records(self) -> int:
        """How many there are."""

    @property
    def personal(self) -> int:
        """How many of them have, or had, personal data."""

    @property
    def erased(self) -> int:
        """Of how many they were erased."""

    @property
    def missing(self) -> int:
        """Of how many they went in another way."""


def shift_page(shift: LoggedShift, check: LogCheck, compared: ComparedFlights) -> str:
    """The page with its styles inside; no script, no outside address.

    `compared` are the flights of which the shift kept telemetry, none where it kept none.
    """
    templates = resources.files("dfr.report") / "templates"
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False, lstrip_blocks=True
    )
    environment.filters |= {"plural": plural, "sentence": sentence}
    template = environment.from_string((templates / "shift.html.j2").read_text(encoding="utf-8"))
    return template.render(
        shift=shift,
        check=check,
        compared=compared,
        version=__version__,
        css=Markup((templates / "report.css").read_text(encoding="utf-8")),
        figure=figure,
        number=lambda value: "-" if value is None else number(value),
        seconds=lambda value: "-" if value is None else f"{value:.0f}",
    )
