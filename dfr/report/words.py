"""Values in words, as report and brief write them: percentages, numbers, intervals, periods, lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dfr.scenario.model import OperationKind, Period
from dfr.sim.events import Missed, holding_limits
from dfr.statistics import Interval

UNKNOWN = "unknown"
MINUS = "\N{MINUS SIGN}"

OPERATIONS = {
    OperationKind.VLOS: "visual line of sight (VLOS)",
    OperationKind.EVLOS: "extended visual line of sight (EVLOS)",
    OperationKind.BVLOS: "beyond visual line of sight (BVLOS)",
}


def percent(share: float | None, *, sign: bool = False) -> str:
    """A share in per cent.

    >>> percent(0.5), percent(-0.031, sign=True), percent(None)
    ('50.0 %', '−3.1 %', 'unknown')
    """
    return UNKNOWN if share is None else f"{number(100 * share, sign=sign)} %"


def number(value: float | None, *, sign: bool = False) -> str:
    """A number with one decimal and thousands separators.

    >>> number(1234.56), number(None)
    ('1,234.6', 'unknown')
    """
    return UNKNOWN if value is None else f"{value:{'+' if sign else ''},.1f}".replace("-", MINUS)


UNIT_SIGNS = {"1": "", "deg": "°", "deg/s2": "°/s²", "degC": " °C", "m2": " m²", "m/s2": " m/s²"}


def quantity(value: float | None, unit: str) -> str:
    """A value with its unit as people write it.

    >>> quantity(35.0, "deg"), quantity(10000.0, "m"), quantity(0.222, "m2"), quantity(None, "W")
    ('35°', '10,000 m', '0.222 m²', 'unknown')
    """
    return UNKNOWN if value is None else f"{value:,g}{UNIT_SIGNS.get(unit, f' {unit}')}".replace("-", MINUS)


FIGURE_UNITS = {"s": " s", "min/day": " min a day", "1/day": " a day", "1/h": " an hour"}


def figure(value: float | None, unit: str) -> str:
    """A key figure with its unit as people write it; '-' where there is none.

    >>> figure(0.7, "share"), figure(34.012, "s"), figure(167.514, "1/day"), figure(None, "s")
    ('70.0 %', '34.0 s', '167.5 a day', '-')
    """
    if value is None:
        return "-"
    return percent(value) if unit == "share" else number(value) + FIGURE_UNITS.get(unit, f" {unit}".rstrip())


def interval(of: Interval, write: Callable[[float | None], str]) -> str:
    """The two ends of an interval."""
    return UNKNOWN if of.low is None or of.high is None else f"{write(of.low)} to {write(of.high)}"


def missed_words(reason: str) -> str:
    """Why calls were missed, in words.

    >>> missed_words(Missed.NO_DRONE)
    'no drone ready'
    """
    if reason.startswith(Missed.WEATHER):
        return f"weather: {hold_words(reason.removeprefix(Missed.WEATHER))}"
    return {Missed.TRAFFIC: "other traffic in the way"}.get(reason, reason.replace("_", " "))


def hold_words(hold: str) -> str:
    """What keeps the docks shut, in words.

    >>> hold_words("wind+rain"), hold_words("landing_wind")
    ('wind and rain', 'wind at the dock')
    """
    names = ["wind at the dock" if limit == "landing_wind" else limit for limit in holding_limits(hold)]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "drone"), plural(2, "drone")
    ('1 drone', '2 drones')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def sentence(text: str) -> str:
    """A text that ends as a sentence does.

    >>> sentence("check NOTAMs"), sentence("Done."), sentence("cut …")
    ('check NOTAMs.', 'Done.', 'cut …')
    """
    return text if not text or text[-1] in ".!?…" else f"{text}."


def period_words(period: Period) -> str:
    """First and last moment of a period in its own zone."""
    start, end = period.start.astimezone(period.zone), period.end.astimezone(period.zone)
    return f"{start:%a %d %b %Y %H:%M} to {end:%a %d %b %Y %H:%M} {period.zone.key}"


def short(text: object, most: int) -> str:
    """The text, cut at a word with an ellipsis where it is longer than so many characters.

    >>> short("Promenade west of the pier", 20)
    'Promenade west of …'
    """
    words = str(text)
    if len(words) <= most:
        return words
    cut = words[: most - 1]
    kept = cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut
    return f"{kept.rstrip()} …" if kept is not cut else f"{cut}…"


def listed(names: Sequence[str], most: int, *, width: int = 40) -> str:
    """The first names of a list, and how many more there are.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = ", ".join(short(name, width) for name in names[:most])
    more = len(names) - most
    return f"{shown} and {more} more" if more > 0 else shown
