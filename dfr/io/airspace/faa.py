"""The attributes of FAA airspace layers in the words that GeoJSON airspace is read by.

Class airspace and special use airspace have `LOWER_VAL`, `LOWER_UOM`, `LOWER_CODE` and the same for the upper
limit. A facility map of unmanned aircraft has `CEILING`: the height above ground up to which an
authorisation may be given without further coordination. It permits nothing by itself, and 0 forbids nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime

from dfr.io.airspace.uas_zones import Json, is_number, text_of

NOT_STATED = -9990.0
"""Values at or below are the FAA's sign for no value (-9998)."""

REFERENCES = {"SFC": "AGL", "AGL": "AGL", "MSL": "AMSL"}

SPECIAL_USE = {"R": "R", "P": "P", "W": "WARNING", "A": "ALERT", "MOA": "MOA", "D": "D"}
"""Kinds of special use airspace by `TYPE_CODE`."""

FACILITY_KIND = "REQ_AUTHORISATION"


def faa_words(small: Json) -> Json:
    """Properties in small letters with those of the FAA in plain words beside them; others as they are."""
    if "ceiling" in small and any(key.startswith("apt1_") for key in small):
        rest = {key: value for key, value in small.items() if key not in ("ceiling", "unit")}
        return rest | _facility(small)
    if "lower_code" in small or "upper_code" in small:
        return small | _volume(small)
    return small


def date_of(properties: Json) -> str:
    """The day from which a cell of a facility map holds; '' where it does not say."""
    value = properties.get("MAP_EFF")
    if is_number(value) and 0.0 < value < 4e12:
        return f"{datetime.fromtimestamp(value / 1000.0, tz=UTC):%Y-%m-%d}"
    text = text_of(value).replace("/", "-")
    return text[:10] if len(text) >= 10 and text[:4].isdecimal() else ""


def _facility(small: Json) -> Json:
    """A cell of a facility map: an authorisation is needed at any height, and from whom."""
    airport = f"{text_of(small.get('apt1_icao'))} {text_of(small.get('apt1_name'))}".strip()
    authority = text_of(small.get("unit")) or "the FAA"
    ceiling = small.get("ceiling")
    quick = "how high an authorisation may be quick is not stated"
    if is_number(ceiling) and ceiling >= 0.0:
        quick = f"quick up to {ceiling:g} ft AGL"
        quick += ", so never without further coordination" if ceiling == 0.0 else ""
    words = f"authorisation needed from {authority}, {quick}; the map itself permits nothing"
    return {
        "name": f"{airport} facility map".strip(), "type": FACILITY_KIND, "lower": "SFC", "upper": "UNL",
        "contact": authority, "remarks": words,
    }  # fmt: skip


def _volume(small: Json) -> Json:
    """A volume of class or special use airspace."""
    name = text_of(small.get("name")) or text_of(small.get("ident"))
    code = text_of(small.get("type_code")).upper()
    kind = SPECIAL_USE.get(code, "CLASS" if code == "CLASS" or small.get("class") else code)
    found: Json = {"name": name, "type": kind, "remarks": text_of(small.get("timesofuse"))}
    for side in ("lower", "upper"):
        if words := _limit(small, side):
            found[side] = words
    return found


def _limit(small: Json, side: str) -> str:
    """A limit in words; '' where it has no value, or one without a unit and reference that are known."""
    value, unit, code = (small.get(f"{side}_{key}") for key in ("val", "uom", "code"))
    try:
        number = float(str(value))
    except ValueError:
        return ""
    reference = text_of(code).upper()
    if not NOT_STATED < number < 1e6:
        return ""
    if text_of(unit).upper() == "FL" or reference == "STD":
        return f"FL{number:g}" if text_of(unit).upper() == "FL" else f"{number:g} ft STD"
    if text_of(unit).upper() != "FT" or reference not in REFERENCES:
        return ""
    if number == 0.0 and side == "lower":
        return "SFC"
    return f"{number:g} ft {REFERENCES[reference]}"
