"""Tables of landing odds on disk: never stale, never half read, never more than so many, and never needed."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn

import grimp
import numpy as np
import pytest

from dfr.aircraft.catalogue import find_dock, find_drone
from dfr.aircraft.landing import OddsCase
from dfr.geo import FloatArray
from dfr.scenario.model import Guidance
from dfr.store.landing_cache import LandingCache, cache_folder, code_digest, digest, model_files

CASE = OddsCase(
    drone=find_drone("dji-m3td"),
    dock=find_dock("dji-dock-2"),
    guidance=Guidance.PRECISION,
    turbulence_intensity=0.17,
    rain_mm_h=4.0,
)
TABLE = np.array([[1.0, 0.0, 1.0 / 3.0], [0.1 + 0.2, 5e-324, 0.998]])


def fly() -> FloatArray:
    """The landings of a case, as if flown."""
    return TABLE


def refuse() -> NoReturn:
    """Where nothing is to be flown."""
    raise AssertionError("flown again")


def windy(intensity: float) -> OddsCase:
    """The case in other turbulence."""
    return replace(CASE, turbulence_intensity=intensity)


def test_a_table_that_was_kept_is_the_one_that_was_flown_to_the_last_bit(tmp_path: Path) -> None:
    LandingCache(tmp_path / "new" / "folder").odds(CASE, fly)
    kept = LandingCache(tmp_path / "new" / "folder").odds(CASE, refuse)
    assert kept.tobytes() == TABLE.tobytes()
    assert kept.shape == TABLE.shape


def changed(value: Any) -> Any:
    """Some other value of the kind."""
    match value:
        case Enum():
            return next(other for other in type(value) if other is not value)
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "x"
        case None:
            return 1.0
        case dict() | tuple():
            return type(value)()
    raise AssertionError(f"no other value of {value!r}")


def variants() -> dict[str, OddsCase]:
    """The case with each single thing of it changed, by its name."""
    found = {
        f"{part}.{field.name}": replace(
            CASE, **{part: replace(whole, **{field.name: changed(getattr(whole, field.name))})}
        )
        for part, whole in (("drone", CASE.drone), ("dock", CASE.dock))
        for field in fields(whole)
    }
    own = [field.name for field in fields(CASE) if field.name not in ("drone", "dock")]
    return found | {name: replace(CASE, **{name: changed(getattr(CASE, name))}) for name in own}


def test_whatever_changes_in_a_case_names_another_table() -> None:
    names = {digest(case): name for name, case in variants().items()}
    assert set(names.values()) == set(variants()), "two changes share a table"
    assert digest(CASE) not in names
    assert digest(replace(CASE)) == digest(CASE)
    assert len(names) > 40


def test_a_byte_changed_in_any_module_of_the_model_names_another_table(tmp_path: Path) -> None:
    files, edited = model_files(), tmp_path / "edited.py"
    before = code_digest(files)
    assert code_digest(dict(files)) == before
    for name, path in files.items():
        edited.write_bytes(path.read_bytes() + b"\n")
        assert code_digest({**files, name: edited}) != before, name
    assert code_digest({**files, "aircraft/new.py": edited}) != before


def test_another_version_of_numpy_names_another_table(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest(model_files())
    monkeypatch.setattr("dfr.store.landing_cache.version", lambda name: f"99 of {name}")
    assert code_digest(model_files()) != before


def test_every_module_that_a_landing_may_depend_on_is_among_those_of_the_model() -> None:
    upstream = grimp.build_graph("dfr", cache_dir=None).find_upstream_modules("dfr.aircraft.landing")
    names = {f"dfr.{name.removesuffix('.py').replace('/', '.')}" for name in model_files()}
    assert {"dfr.aircraft.touchdown", "dfr.world.gusts", "dfr.units"} <= upstream
    assert upstream <= {name.removesuffix(".__init__") for name in names}


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-3],
        lambda data: data.replace(b"0.998", b"0.999"),
        lambda data: b"\xff\xfe" + data,
        lambda data: b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\n",
    ],
)
def test_a_damaged_table_is_made_anew_and_mended(tmp_path: Path, damage: Any) -> None:
    cache = LandingCache(tmp_path)
    cache.odds(CASE, fly)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert cache.odds(CASE, fly).tobytes() == TABLE.tobytes()
    assert path.read_bytes() == whole


def test_only_so_many_tables_are_kept_and_those_used_last(tmp_path: Path) -> None:
    cache = LandingCache(tmp_path, most=3)
    (tmp_path / ".half.written").write_text("by a process that was killed")
    for number in range(6):
        cache.odds(windy(float(number)), fly)
        cache.odds(windy(0.0), refuse)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{digest(windy(number))}.odds" for number in (0.0, 4.0, 5.0)
    }


def test_where_nothing_can_be_kept_the_odds_are_right_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert LandingCache(tmp_path / "file" / "below").odds(CASE, fly).tobytes() == TABLE.tobytes()


def _use(folder: Path) -> int:
    """Use a small cache again and again, as another process does too; how many answers were wrong."""
    cache, wrong = LandingCache(folder, most=2), 0
    for turn in range(120):
        intensity = float(turn % 4)
        odds = cache.odds(windy(intensity), lambda value=intensity: TABLE + value)  # type: ignore[misc]
        wrong += odds.tobytes() != (TABLE + intensity).tobytes()
    return wrong


def test_processes_that_share_a_folder_never_read_anothers_or_half_a_table(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(_use, [tmp_path] * 3)) == [0, 0, 0]
    assert len(list(tmp_path.iterdir())) <= 2 + 2, "one more for each other process at the last moment"


def test_the_folder_is_the_platforms_unless_a_variable_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFR_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("DFR_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "dfr"
