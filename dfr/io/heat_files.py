"""The heat map of a plan as CSV (`heat_document`): calls by place, and how soon each place is reached."""

from __future__ import annotations

import csv
import io

from dfr.plan.model import Plan
from dfr.world.demand import expected_calls, zone_centres
from dfr.world.model import World

COLUMNS = (
    "zone", "name", "lat_deg", "lon_deg", "area_km2", "share", "calls", "calls_per_km2", "dock", "overhead_s",
)  # fmt: skip


def heat_document(world: World, plan: Plan) -> str:
    """A row for each zone: `calls` of the whole period, and the soonest dock from lift-off to overhead.

    The last two are empty where no dock reaches the zone in the wind that routes are planned for.
    """
    calls, centres = expected_calls(world.scenario), zone_centres(world.scenario)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for zone in world.scenario.demand.zones:
        area_km2, best = world.frame.polygon(zone.area).area / 1e6, plan.soonest_route(zone.id)
        reached = ("", "") if best is None else (best.site_id, f"{best.overhead_s:.1f}")
        own = calls * zone.share
        place = centres[zone.id]
        writer.writerow(
            (
                zone.id,
                zone.name,
                f"{place.lat_deg:.6f}",
                f"{place.lon_deg:.6f}",
                f"{area_km2:.4f}",
                f"{zone.share:.6g}",
                f"{own:.4g}",
                f"{own / area_km2:.4g}",
                *reached,
            )
        )
    return text.getvalue()
