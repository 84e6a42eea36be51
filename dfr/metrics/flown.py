"""Predicted against flown, phase by phase, within the tolerances of `docs/validation.md`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dfr.aircraft.performance import SortiePrediction
from dfr.track import FlightTrack, Phase

FLIGHT_TOLERANCE = 0.05
"""Leg times in wind agree within 5 % (the validation aim for ArduCopter SITL flights)."""

VERTICAL_TOLERANCE = 0.03
VERTICAL_TOLERANCE_S = 0.7
"""Climb and landing agree within 3 % or 0.7 s, whichever is more."""

GNSS_LANDING_TOLERANCE_M = 1.0
"""How far from the dock's centre a landing by GNSS may come to rest: half an open pad of 2 m (assumed).
Of the rehearsal's flights that land by GNSS."""

PRECISION_LANDING_TOLERANCE_M = 0.4
"""The same for a landing on a marker: the largest mean error measured on moving platforms (Feng 2018, under
0.37 m), rounded."""

MARKER_SLACK_S = 4.0
"""How much more a landing on a marker may differ: the flight model lands by GNSS. Below 2 m ArduCopter comes
down at half its landing speed beside a marker (3.3 s); with a rangefinder it slows later (3.7 s on SITL)."""

ON_SCENE_TOLERANCE_S = 5.0
"""Assumed: arrival settling and the vehicle's whole-second loiter clock."""


Band = tuple[float, float]
"""The seconds of nine flights in ten: from, and to, which is infinite where some never end the phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedPhases:
    """Seconds of each phase of a dispatch, None where it cannot be flown, and the bands that were stated."""

    seconds: Mapping[Phase, float | None]
    bands: Mapping[Phase, Band]

    @classmethod
    def of_sorties(cls, there: SortiePrediction, home: SortiePrediction) -> PredictedPhases:
        """Those of the way out of one sortie and the way back of another."""
        seconds = {
            Phase.CLIMB: there.climb_s,
            Phase.OUT: there.out_s,
            Phase.ON_SCENE: there.on_scene_s,
            Phase.BACK: home.back_s,
            Phase.LAND: home.land_s,
        }
        stated = {
            Phase.OUT: (there.out_early_s, there.out_late_s),
            Phase.BACK: (home.back_early_s, home.back_late_s),
        }
        bands = {
            phase: (early, math.inf if late is None else late)
            for phase, (early, late) in stated.items()
            if early is not None
        }
        return cls(seconds=seconds, bands=bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseComparison:
    """One phase: None where it was not predicted to end, or did not end.

    `band` is what the prediction stated for nine flights in ten: a leg within it agrees, however far that is
    from `predicted_s`.
    """

    phase: Phase
    predicted_s: float | None
    flown_s: float | None
    slack_s: float = 0.0
    band: Band | None = None

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
        return max(VERTICAL_TOLERANCE_S, VERTICAL_TOLERANCE * self.predicted_s) + self.slack_s

    @property
    def agrees(self) -> bool:
        """True where both are known, and within the tolerance or the stated band."""
        difference, tolerance = self.difference_s, self.tolerance_s
        if self.flown_s is None or difference is None or tolerance is None:
            return False
        early, late = self.band or (math.inf, -math.inf)
        return abs(difference) <= tolerance or early <= self.flown_s <= late

    def as_dict(self) -> dict[str, object]:
        """The comparison as it appears in JSON."""
        return {
            "phase": self.phase.value,
            "predicted_s": self.predicted_s,
            "flown_s": self.flown_s,
            "tolerance_s": self.tolerance_s,
            "early_s": None if self.band is None else self.band[0],
            "late_s": None if self.band is None or math.isinf(self.band[1]) else self.band[1],
            "agrees": self.agrees,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedFlight:
    """One dispatch that was flown: from which dock, on what vehicle, how it compares.

    `landing_error_m` is the distance from the dock's centre at rest, by the simulator's own truth where it
    tells it and else by the vehicle's estimate; None where the vehicle never came to rest. `landed` is at
    rest, disarmed, within the tolerance of its guidance; `docked` is that within `dock_tolerance_m`, the
    room of the dock itself.
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
    precision: bool = False

    @property
    def landing_tolerance_m(self) -> float:
        """How far from the dock's centre it may come to rest."""
        return landing_tolerance_m(precision=self.precision)

    @property
    def agrees(self) -> bool:
        """True where it landed within its tolerance and every phase agrees with its prediction."""
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
            "landing_guidance": "precision" if self.precision else "gnss",
            "landing_tolerance_m": self.landing_tolerance_m,
            "docked": self.docked,
            "dock_tolerance_m": self.dock_tolerance_m,
            "landing_error_m": self.landing_error_m,
            "agrees": self.agrees,
            "notes": list(self.notes),
        }


def landing_tolerance_m(*, precision: bool) -> float:
    """How far from the dock's centre a landing may come to rest, by what guides it."""
    return PRECISION_LANDING_TOLERANCE_M if precision else GNSS_LANDING_TOLERANCE_M


def compare_phases(
    predicted: Mapping[Phase, float | None],
    flown: Mapping[Phase, float | None],
    *,
    precision: bool = False,
    bands: Mapping[Phase, Band] | None = None,
) -> tuple[PhaseComparison, ...]:
    """Each phase in order, predicted beside flown; a landing on a marker has some slack."""
    return tuple(
        PhaseComparison(
            phase=phase,
            predicted_s=predicted.get(phase),
            flown_s=flown.get(phase),
            slack_s=MARKER_SLACK_S if precision and phase is Phase.LAND else 0.0,
            band=(bands or {}).get(phase),
        )
        for phase in Phase
    )
