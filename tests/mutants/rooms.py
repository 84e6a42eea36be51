"""The rooms that guard lives, and the tests that are asked to notice when a line of them is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Modules or folders of them, and the tests to run; `processes` where these start vehicles."""

    code: tuple[str, ...]
    tests: tuple[str, ...]
    processes: bool = False

    def files(self, root: Path) -> list[Path]:
        """Every module of the room below this root."""
        given = [root / name for name in self.code]
        return [file for path in given for file in ([path] if path.is_file() else sorted(path.glob("*.py")))]


ROOMS = {
    "world": Room(code=("dfr/world",), tests=("tests/world", "tests/plan")),
    "checks": Room(code=("dfr/plan/checks",), tests=("tests/world", "tests/plan")),
    "mission": Room(code=("dfr/mission",), tests=("tests/mission",)),
    "landing": Room(
        code=("dfr/aircraft/landing.py", "dfr/aircraft/landing_study.py"),
        tests=(
            "tests/aircraft/test_landing.py",
            "tests/aircraft/test_landings_counted.py",
            "tests/aircraft/test_recorded_landings.py",
            "tests/store/test_landing_cache.py",
        ),
    ),
    "link": Room(code=("dfr/link",), tests=("tests/link", "tests/operate"), processes=True),
    "vehicle": Room(
        code=tuple(
            f"firmware_sitl/vehicle/{name}.py" for name in ("fence", "failsafes", "arming", "transfer")
        ),
        tests=tuple(
            f"tests/firmware_sitl/test_{name}.py"
            for name in (
                "recorded_emergencies",
                "recorded_failsafes",
                "recorded_dialogue",
                "vehicle_fence",
                "vehicle_arming",
                "vehicle_failsafes",
                "vehicle_transfer",
                "vehicle_inside",
                "vehicle_hostile",
                "vehicle_files",
                "vehicle_room",
                "vehicle_silence",
                "vehicle_conduct",
                "ground_station_sequences",
            )
        ),
        processes=True,
    ),
}
