"""Where a multirotor's rotors stand and which way each turns: the layouts that builders choose from.

A flat layout has a rotor on each arm, a coaxial one two on each, turning against each other. Angles are
clockwise from the nose. `P` turns clockwise from above, `N` against it, in the literature's words: the order
of the turning decides what is left when one motor stops (Du, Quan, Yang and Cai 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfr.geo import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RotorLayout:
    """Rotors on arms of equal length: the angle of each from the nose, and which way it turns (1 or -1)."""

    key: str
    name: str
    angles_deg: tuple[float, ...]
    spins: tuple[int, ...]
    coaxial: bool = False

    @property
    def rotors(self) -> int:
        """How many rotors it has."""
        return len(self.spins)

    @property
    def discs(self) -> int:
        """How many discs are seen from above."""
        return len(set(self.angles_deg))

    def moments(self, without: int | None = None) -> FloatArray:
        """Rows lift, roll, pitch and yaw for a thrust of 1 of each rotor; arm and torque of one are 1."""
        angle = np.radians(self.angles_deg)
        rows = np.stack(
            [np.ones(self.rotors), np.sin(angle), np.cos(angle), np.array(self.spins, dtype=float)]
        )
        kept: FloatArray = rows if without is None else np.delete(rows, without, axis=1)
        return kept


def alternate_layout(rotors: int) -> RotorLayout:
    """Flat and evenly spaced, each rotor turning against its neighbours."""
    return _flat(f"flat-{rotors}", f"{rotors} rotors, alternate", "PN" * (rotors // 2) + "P" * (rotors % 2))


def _flat(key: str, name: str, turning: str) -> RotorLayout:
    count = len(turning)
    return RotorLayout(
        key=key,
        name=name,
        angles_deg=tuple(360.0 * (place + 0.5) / count for place in range(count)),
        spins=tuple(1 if letter == "P" else -1 for letter in turning),
    )


def _coaxial(key: str, name: str, arms_deg: tuple[float, ...]) -> RotorLayout:
    return RotorLayout(
        key=key,
        name=name,
        angles_deg=tuple(angle for angle in arms_deg for _ in range(2)),
        spins=(1, -1) * len(arms_deg),
        coaxial=True,
    )


LAYOUTS: dict[str, RotorLayout] = {
    layout.key: layout
    for layout in (
        _flat("quad", "quadcopter", "PNPN"),
        _flat("hexa", "hexacopter, alternate (PNPNPN)", "PNPNPN"),
        _flat("hexa-ppnnpn", "hexacopter, PPNNPN", "PPNNPN"),
        _flat("octo", "octocopter, alternate", "PNPNPNPN"),
        _coaxial("y6", "Y6: three arms, two rotors on each", (60.0, 180.0, 300.0)),
        _coaxial("x8", "X8: four arms, two rotors on each", (45.0, 135.0, 225.0, 315.0)),
    )
}
"""Layouts by key."""
