"""Kinds of UK zones by their designator and name, such as `EG RU013B LEE-ON-SOLENT RWY 05`.

NATS AIS writes unmanned-aircraft restrictions as `EG RU013B` (until 2025) and `EGR1U010E` (since 2026). Of
these a flight restriction zone (FRZ) has runway protection zones (RPZ), whose names end in a runway; others
are prisons, ports and sites of their own, though the dataset calls them RPZ too.
"""

from __future__ import annotations

import re

_DESIGNATOR = re.compile(r"^EG\s?([PRD])\s?(\d?U)?\s?\d{3,4}[A-Z]{0,2}\b", re.IGNORECASE)
_RUNWAY = re.compile(r"\bRWY\s?\d{2}[A-Z]{0,2}\b", re.IGNORECASE)
_PRISON = re.compile(r"\bPRISON|\bHMP\b|\bYOI\b|\bYOUNG OFFENDER|\bIMMIGRATION REMOVAL", re.IGNORECASE)
_FRZ = re.compile(r"\bFRZ\b|\bFLIGHT RESTRICTION ZONE", re.IGNORECASE)

UNMANNED_ONLY = "UAS"
"""The kind of a restricted area that binds unmanned aircraft only."""


def kind_of_uk_area(name: str, text: str, local_type: str = "") -> str:
    """FRZ, RPZ, PRISON, UAS, R, P or D; '' for a name without a UK designator.

    >>> kind_of_uk_area("EG RU013B LEE-ON-SOLENT RWY 05", "FRZ Active H24")
    'RPZ'
    >>> kind_of_uk_area("EGR4U012 ISLE OF MAN PRISON", "", "RPZ"), kind_of_uk_area("EG D036 PORTSMOUTH", "")
    ('PRISON', 'D')
    """
    match = _DESIGNATOR.match(name)
    if match is None:
        return ""
    if not match[2]:
        return match[1].upper()
    if local_type.upper() == "FRZ":
        return "FRZ"
    if _RUNWAY.search(name):
        return "RPZ"
    if _PRISON.search(f"{name} {text}"):
        return "PRISON"
    return "FRZ" if _FRZ.search(text) and local_type.upper() != "RPZ" else UNMANNED_ONLY
