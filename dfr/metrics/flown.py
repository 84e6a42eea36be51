"""Predicted against flown, phase by phase, within the tolerances of `docs/validation.md`."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.track import FlightTrack, Phase

FLIGHT_TOLERANCE = 0.05
"""Leg times in wind agree within 5 % (the validation aim for ArduCopter SITL flights)."""

VERTICAL_TOLERANCE = 0.03
VERTICAL_TOLERANCE_S = 0.7
"""Climb and landing agree within 3 % or 0.7 s, whichever is more."""

GNSS_LANDING_TOLERANCE_M = 1.0
"""How far from the dock's centre a landing by GNSS may come to rest: half an open pad of 2 m (assumed).
The rehearsal's vehicles land by GNSS, also where the deployment's drones look for a marker."""

ON_SCENE_TOLERANCE_S = 5.0
"""Assumed: arrival settling and the vehicle's whole-second loiter clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseComparison:
    """One phase: None where it was not predicted to end, or did not end."""

    phase: Phase
    predicted_s: float | None
    flown_s: float | None

    @property
    def difference_s(self) -> float | None:
        """Flown minus predicted."""
        if self.predicted_s is None or self.flown_s is None:
            return None
        return self.flown_s - self.predicted_s

    @property
    def tolerance_s(self) -> float | None:
        """How far the two may be apart."""
        if self.predicted_s is None:
            return None
        if self.phase in (Phase.OUT, Phase.BACK):
            return FLIGHT_TOLERANCE * self.predicted_s
        if self.phase is Phase.ON_SCENE:
            return ON_SCENE_TOLERANCE_S
        return max(VERTICAL_TOLERANCE_S, VERTICAL_TOLERANCE * self.predicted_s)

    @property
    def agrees(self) -> bool:
        """True where both are known and within tolerance."""
        difference, tolerance = self.difference_s, self.tolerance_s
        return difference is not None and tolerance is not None and abs(difference) <= tolerance

    def as_dict(self) -> dict[str, object]:
        """The comparison as it appears in JSON."""
        return {
            "phase": self.phase.value,
            "predicted_s": self.predicted_s,
            "flown_s": self.flown_s,
            "tolerance_s": self.tolerance_s,
            "agrees": self.agrees,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedFlight:
    """One dispatch that was flown: from which dock, on what vehicle, how it compares.

    `landing_error_m` is the distance from the dock's centre at rest, by the vehicle's own estimate, None
    where the vehicle never came to rest. `landed` is at rest, disarmed, within GNSS_LANDING_TOLERANCE_M;
    `docked` is that within `dock_tolerance_m`, the room of the dock itself.
    """

    site_id: str
    zone_id: str
    vehicle: str
    airframe: str
    wind: str
    phases: tuple[PhaseComparison, ...]
    predicted: FlightTrack
    flown: FlightTrack
    landed: bool
    docked: bool
    dock_tolerance_m: float
    landing_error_m: float | None
    notes: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """True where it landed within the tolerance of GNSS and every phase agrees with its prediction."""
        return self.landed and all(phase.agrees for phase in self.phases)

    def as_dict(self) -> dict[str, object]:
        """The flight as it appears in JSON, without its samples."""
        return {
            "site": self.site_id,
            "zone": self.zone_id,
            "vehicle": self.vehicle,
            "airframe": self.airframe,
            "wind": self.wind,
            "phases": [phase.as_dict() for phase in self.phases],
            "landed": self.landed,
            "landing_guidance": "gnss",
            "landing_tolerance_m": GNSS_LANDING_TOLERANCE_M,
            "docked": self.docked,
            "dock_tolerance_m": self.dock_tolerance_m,
            "landing_error_m": self.landing_error_m,
            "agrees": self.agrees,
            "notes": list(self.notes),
        }


def compare_phases(
    predicted: dict[Phase, float | None], flown: dict[Phase, float | None]
) -> tuple[PhaseComparison, ...]:
    """Each phase in order, predicted beside flown."""
    return tuple(
        PhaseComparison(phase=phase, predicted_s=predicted.get(phase), flown_s=flown.get(phase))
        for phase in Phase
    )
