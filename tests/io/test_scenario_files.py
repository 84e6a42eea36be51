"""Scenario files are found from anywhere, and no bytes make their reader do anything but explain."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
import shapely
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dfr.errors import InputError, ScenarioError
from dfr.geo import distance_m
from dfr.io import scenario_files, yaml_reader
from dfr.io.scenario_files import (
    find_scenario,
    load_scenario,
    load_world,
    parse_scenario,
    shipped_scenarios,
)
from dfr.scenario.air import ZONE_KINDS
from dfr.world.demand import expected_calls, zone_centres
from dfr.world.weather import broken_limits, operation_limits

from ..examples import examples

SHIPPED = sorted(shipped_scenarios())
HERE = Path(__file__).parent


def read(data: bytes) -> None:
    parse_scenario(data, name="s.yaml", folder=HERE)


def problems_of(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ScenarioError) as caught:
        read(data)
    return [str(problem) for problem in caught.value.problems]


def test_five_scenarios_are_shipped() -> None:
    assert SHIPPED == [
        "isle-of-wight-2024",
        "protest-surge",
        "urban-fringe-999",
        "victorious-2024",
        "winter-storm",
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scenario_makes_a_world_in_clear_air(name: str) -> None:
    world = load_world(find_scenario(name))
    scenario = world.scenario
    assert scenario.name == name
    assert scenario.description
    assert any(item.assumed for item in scenario.assumptions)
    assert expected_calls(scenario) > 10
    places = [*zone_centres(scenario).values(), *(site.position for site in scenario.candidates)]
    for place in places:
        answer = world.airspace.at(
            place,
            height_m_agl=scenario.operation.cruise_height_m_agl,
            when=scenario.period.start,
            terrain=world.terrain,
            qnh_hpa=scenario.weather.qnh_hpa,
            needs=ZONE_KINDS,
        )
        assert answer.state == "clear", (name, place, answer.reasons)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_place_of_a_shipped_scenario_lies_in_its_keep_in_and_off_its_crowds(name: str) -> None:
    world = load_world(find_scenario(name))
    scenario, frame = world.scenario, world.frame
    keep_in = frame.polygon(scenario.site.boundary)
    no_go = [frame.polygon(crowd.area) for crowd in scenario.site.crowds]
    no_go += [frame.polygon(ring) for _, ring in scenario.site.keep_outs]
    targets = [frame.polygon(zone.area).centroid for zone in scenario.demand.zones]
    docks = [shapely.Point(frame.point(site.position)) for site in scenario.candidates]
    margin_m = scenario.operation.crowd_margin_m or 0.0
    for point in (*targets, *docks):
        assert keep_in.contains(point)
        assert all(area.distance(point) > margin_m for area in no_go)


def test_the_winter_storm_holds_most_hours_and_the_festival_some() -> None:
    held = {}
    for name in ("winter-storm", "victorious-2024"):
        scenario = load_scenario(find_scenario(name))
        limits = operation_limits(scenario)
        hours = scenario.weather.hours
        held[name] = sum(bool(broken_limits(scenario, hour, limits)) for hour in hours) / len(hours)
    assert held["winter-storm"] > 0.5
    assert 0.0 < held["victorious-2024"] < 0.25


def test_the_island_festival_says_its_restriction_is_only_possible() -> None:
    scenario = load_scenario(find_scenario("isle-of-wight-2024"))
    (restriction,) = scenario.restrictions
    assert restriction.status == "possible"
    # Facts: Seaclose Park is 1.92 km from the centre of the 2 NM circle.
    assert distance_m(scenario.site.centre, restriction.centre) == pytest.approx(1920, abs=10)
    assert "absence proves nothing" in restriction.source


def test_the_surge_has_67_protests_in_four_days() -> None:
    days = load_scenario(find_scenario("protest-surge")).demand.days
    assert (sum(day.calls for day in days), len(days)) == (67, 4)


def test_a_scenario_is_found_by_path_by_name_and_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    by_name = find_scenario("victorious-2024")
    assert find_scenario(str(by_name)) == by_name
    assert find_scenario("scenarios/victorious-2024.yaml") == by_name
    own = tmp_path / "victorious-2024.yaml"
    own.write_bytes(by_name.read_bytes())
    assert find_scenario("victorious-2024.yaml") == Path("victorious-2024.yaml")
    with pytest.raises(InputError, match="did you mean victorious-2024"):
        find_scenario("victorius-2024")
    for text in ("", "no\0body", "/elsewhere/victorious-2024.yaml", "x" * 5000):
        with pytest.raises(InputError):
            find_scenario(text)


def test_an_installed_wheel_finds_what_it_carries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "dfr"
    (package / "data" / "scenarios").mkdir(parents=True)
    (package / "data" / "scenarios" / "mine.yaml").write_text("name: mine")
    monkeypatch.setattr(scenario_files.dfr, "__file__", str(package / "__init__.py"))
    assert find_scenario("mine") == package / "data" / "scenarios" / "mine.yaml"


def test_a_copied_scenario_still_finds_the_shipped_airspace(tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_bytes(find_scenario("victorious-2024").read_bytes())
    assert load_scenario(copy).airspace == load_scenario(find_scenario("victorious-2024")).airspace


def test_a_missing_file_and_a_folder_are_bad_input(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(InputError):
            load_scenario(path)


def test_the_hash_is_of_the_bytes_that_were_read(tmp_path: Path) -> None:
    path = find_scenario("victorious-2024")
    other = tmp_path / "other.yaml"
    other.write_bytes(path.read_bytes() + b"\n# another\n")
    assert load_scenario(path).sha256 != load_scenario(other).sha256


HARMFUL = {
    "empty": ("", "the file is empty"),
    "only a comment": ("# nothing\n", "the file is empty"),
    "a list": ("- a\n- b\n", "a list of 2, not a mapping"),
    "a word": ("hello", "not a mapping"),
    "latin-1": (b"name: caf\xe9\n", "byte 0xe9 is not UTF-8"),
    "utf-16": ("name: x".encode("utf-16"), "not UTF-8"),
    "syntax": ("name: [1, 2\nzone: x\n", "not valid YAML"),
    "tab": ("name:\n\tx: 1\n", "not valid YAML"),
    "twice": ("name: a\nname: b\n", "'name' is repeated (first on line 1)"),
    "two documents": ("name: a\n---\nname: b\n", "a second document starts"),
    "python object": ("name: !!python/object/apply:os.system [ls]\n", "the tag"),
    "merge key": ("a: &a {x: 1}\nb:\n  <<: *a\n", "merge keys (<<) are not read"),
    "unknown alias": ("name: *nobody\n", ""),
    "recursive alias": ("a: &a [*a]\n", "*a refers to nothing that is complete"),
    "key is a list": ("? [a, b]\n: 1\n", "a key is a list or mapping"),
    "key is a number": ("1: a\n", "the key 1 is not a word"),
    "deep": ("[" * 5000, "nested deeper than 24 levels"),
    "deep mapping": ("{a: " * 5000, "nested deeper than 24 levels"),
    "control character": ('name: "a\\0b"\n', "control character"),
}


@pytest.mark.parametrize(("text", "said"), HARMFUL.values(), ids=HARMFUL)
def test_harmful_yaml_is_refused_with_a_reason(text: str | bytes, said: str) -> None:
    assert any(said in problem for problem in problems_of(text))


@pytest.mark.parametrize(("text", "said"), HARMFUL.values(), ids=HARMFUL)
def test_the_parser_without_libyaml_refuses_it_as_well(
    monkeypatch: pytest.MonkeyPatch, text: str | bytes, said: str
) -> None:
    monkeypatch.setattr(yaml_reader, "LOADER", yaml.SafeLoader)
    assert any(said in problem for problem in problems_of(text))


@given(st.text(alphabet="ab:{}[],&*!?|>-#\"'\n 01.e+~%@`\t\\xuUF", max_size=60))
@examples(200)
def test_nor_does_it_let_another_error_out(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_reader, "LOADER", yaml.SafeLoader)
        with pytest.raises(InputError):
            read(text.encode())


def test_an_alias_bomb_is_refused_before_it_is_written_out() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 15)]
    assert any("once aliases are written out" in problem for problem in problems_of("\n".join(levels)))


def test_a_small_alias_is_fine() -> None:
    text = find_scenario("victorious-2024").read_text()
    with_alias = text.replace("centre: {lat_deg: 50.7820", "centre: {lat_deg: &lat 50.7820", 1)
    assert with_alias != text
    read(with_alias.encode())


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 50_000_000)
    with pytest.raises(InputError, match="over the"):
        load_scenario(path)


def test_a_byte_order_mark_is_no_problem() -> None:
    read(b"\xef\xbb\xbf" + find_scenario("victorious-2024").read_bytes())


@given(st.binary(max_size=300))
@examples(300)
def test_no_bytes_make_the_reader_raise_anything_else(data: bytes) -> None:
    with pytest.raises(InputError):
        read(data)


YAMLISH = st.text(alphabet="ab:{}[],&*!?|>-#\"'\n 01.e+~%@`\t\\xu", max_size=120)


@given(YAMLISH)
@examples(500)
def test_nothing_that_looks_like_yaml_does_either(text: str) -> None:
    with pytest.raises(InputError):
        read(text.encode())


def explained(data: bytes) -> bool:
    """True where the data are read, or refused with a reason and a remedy for each problem."""
    try:
        read(data)
    except ScenarioError as error:
        return bool(error.problems) and all(item.what and item.do for item in error.problems)
    return True


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
LINES = find_scenario("victorious-2024").read_text().splitlines()


@given(st.integers(0, len(LINES) - 1), VALUES)
@examples(150)
def test_any_value_in_any_field_is_read_or_explained(number: int, value: object) -> None:
    key, colon, _ = LINES[number].partition(":")
    if not colon or key.lstrip().startswith("#"):
        return
    lines = [*LINES[:number], f"{key}: {value!r}", *LINES[number + 1 :]]
    assert explained("\n".join(lines).encode("utf-8", "replace"))


@pytest.mark.parametrize("seed", range(30))
def test_a_scenario_with_flipped_bytes_or_lost_lines_is_read_or_explained(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray("\n".join(LINES).encode())
    for _ in range(chance.randint(1, 20)):
        where = chance.randrange(len(data))
        if chance.random() < 0.5:
            data[where] = chance.randrange(256)
        else:
            del data[where : where + chance.randint(1, 200)]
    assert explained(bytes(data))


@pytest.mark.parametrize("name", sorted(shipped_scenarios()))
def test_a_block_that_says_it_is_partly_assumed_counts_as_assumed(name: str) -> None:
    """A source vouches for what it says: a note of assumptions beside it makes the whole block one."""
    lines = load_scenario(find_scenario(name)).assumptions
    hidden = [item.path for item in lines if not item.assumed and "assumed" in item.source]
    assert hidden == []
    if name == "victorious-2024":
        said = {item.path: item.assumed for item in lines}
        assert all(said[path] for path in ("crew", "operation", "targets", "traffic[coastguard-helicopter]"))
