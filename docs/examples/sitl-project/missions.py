"""The missions that this project flies, around its own home."""

from pathlib import Path

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import WireItem
from dfr.geo import Position, offset
from firmware_sitl.flights import sortie_items

HOME = Position(lat_deg=47.3980, lon_deg=8.5460)


def scene(*, bearing_deg: float = 90.0, distance_m: float = 40.0) -> Position:
    return offset(HOME, bearing_deg=bearing_deg, distance_m=distance_m)


def sortie(*, bearing_deg: float = 90.0, distance_m: float = 40.0, height_m: float = 10.0) -> list[WireItem]:
    """Out, two seconds there, and back."""
    return sortie_items(HOME, bearing_deg=bearing_deg, distance_m=distance_m, height_m=height_m, hold_s=2.0)


def one_way() -> list[WireItem]:
    """It lands at the scene."""
    at = scene()
    place = {"x": round(at.lat_deg * 1e7), "y": round(at.lon_deg * 1e7)}
    land = WireItem(command=Command.NAV_LAND, frame=Frame.GLOBAL_RELATIVE_ALT, **place)
    return [*sortie()[:-1], land]


def fence(*, radius_m: float) -> list[Position]:
    """An octagon around home."""
    return [offset(HOME, bearing_deg=45.0 * n, distance_m=radius_m) for n in range(8)]


def plan_file(folder: Path) -> Path:
    """A mission as a ground station saves it."""
    at = scene()
    path = folder / "ours.waypoints"
    path.write_text(
        "QGC WPL 110\n"
        f"0\t1\t0\t16\t0\t0\t0\t0\t{HOME.lat_deg}\t{HOME.lon_deg}\t400\t1\n"
        f"1\t0\t3\t22\t0\t0\t0\t0\t{HOME.lat_deg}\t{HOME.lon_deg}\t12\t1\n"
        f"2\t0\t3\t19\t2\t0\t0\t0\t{at.lat_deg}\t{at.lon_deg}\t12\t1\n"
        "3\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1\n"
    )
    return path
