"""Edits change what they should and nothing else, in every layout a scenario may have."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfr.errors import DfrError, InputError, ScenarioError
from dfr.io import yaml_edit
from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.scenario_files import parse_scenario, shipped_scenarios
from dfr.io.yaml_edit import edit_yaml
from dfr.scenario.changes import Insert
from dfr.scenario.edits import AddFeature, AllEdits, describe_edit, find_feature, read_edit
from dfr.scenario.features import SITES, SPECS, FeatureKind, Shape, list_features

SCENARIOS = sorted(shipped_scenarios())
TEXTS = {name: path.read_text() for name, path in shipped_scenarios().items()}
SQUARE = [[50.0, -1.0], [50.001, -1.0], [50.001, -1.001], [50.0, -1.001]]
DRAWN = {"assumed": True, "note": "drawn on the map"}
NEW = {
    FeatureKind.CROWD: {
        "id": "queue",
        "name": "Queue",
        "area": SQUARE,
        "presence": [{"start": "2024-08-23 10:00", "end": "2024-08-23 12:00", "people_per_m2": 0.5}],
        **DRAWN,
    },
    FeatureKind.KEEP_OUT: {"id": "pier", "name": "Pier: the old one #1", "area": SQUARE, **DRAWN},
    FeatureKind.WATER: {"id": "pond", "name": "Pond", "area": SQUARE, **DRAWN},
    FeatureKind.ZONE: {"id": "gate-9", "name": "Gate 9", "share": 0.125, "area": SQUARE},
    FeatureKind.SITE: {
        "id": "yard",
        "name": "Yard",
        "lat_deg": 50.0,
        "lon_deg": -1.0,
        "power": "mains",
        "access": "gate, then left",
        "sky_view": 0.9,
    },
    FeatureKind.OBSTACLE: {
        "name": "Hall",
        "height_m": 12,
        "width_m": 30,
        "distance_m": 40,
        "bearing_deg": 90,
        **DRAWN,
    },
    FeatureKind.POST: {
        "id": "roof",
        "lat_deg": 50.0,
        "lon_deg": -1.0,
        "confirmed": False,
        "range_m": {"value": 300, **DRAWN},
    },
    FeatureKind.RALLY_POINT: [50.0, -1.0],
    FeatureKind.PATROL: [50.0, -1.0],
    FeatureKind.HOME: {"id": "terrace", "area": SQUARE, **DRAWN},
    FeatureKind.TRAFFIC: {
        "id": "gliders",
        "kind": "gliders",
        "area": SQUARE,
        "lower_m_amsl": 0,
        "upper_m_amsl": 300,
        "visits_per_day": 2,
        "first_hour": 9,
        "last_hour": 17,
        "stay": {"shape": "constant", "median_s": 600, **DRAWN},
        "notice_s": 60,
        "rule": "land",
        "hold_height_m_agl": 20,
        "contact": "the club",
        **DRAWN,
    },
}


def edited(text, **document):
    return apply_edit(text, read_edit(document))


def comments(text):
    lines = [line for line in text.splitlines() if " # " in line or line.startswith("#")]
    return sorted(line.split("#", 1)[1] for line in lines)


def changed_lines(before, after):
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[:1] in "+-"]


def elsewhere(feature):
    """Another place for a feature, in the words of a move."""
    spec = SPECS[feature.kind]
    if spec.shape is Shape.AREA:
        ring = [list(corner) for corner in feature.value[spec.area_field]]
        ring[1] = [round(ring[1][0] + 1e-5, 6), ring[1][1]]
        return {"ring": ring}
    at = (
        feature.value
        if spec.shape is Shape.PLACE
        else [feature.value.get("lat_deg"), feature.value.get("lon_deg")]
    )
    return {"point": [50.7, -1.2] if at[0] is None else [round(at[0] + 1e-5, 6), at[1]]}


@pytest.mark.parametrize("kind", FeatureKind)
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_feature_of_every_shipped_scenario_moves_in_a_line_or_two_and_comments_stay(name, kind):
    text = TEXTS[name]
    for feature in list(list_features(read_plain_data(text), kind))[:2]:
        there = elsewhere(feature)
        after = edited(text, do="move", kind=kind.value, id=feature.id, **there)
        now = find_feature(read_plain_data(after), kind, feature.id).value
        if "ring" in there:
            assert now[SPECS[kind].area_field] == there["ring"]
        elif SPECS[kind].shape is not Shape.BEARING:
            assert (now if isinstance(now, list) else [now["lat_deg"], now["lon_deg"]]) == there["point"]
        assert len([line for line in changed_lines(text, after) if line[0] == "+"]) <= 2
        assert comments(after) == comments(text)


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("name", ["isle-of-wight-2024", "urban-fringe-999"])
def test_a_feature_of_each_kind_is_added_and_taken_out_again(name, kind):
    text = TEXTS[name]
    before = read_plain_data(text)
    site = before["candidates"]["sites"][0]["id"]
    where = {"site": site} if kind is FeatureKind.OBSTACLE else {}
    added = edited(text, do="add", kind=kind.value, feature=NEW[kind], **where)
    assert comments(added) == comments(text)
    new = [f for f in list_features(read_plain_data(added), kind) if f.value == NEW[kind]]
    assert len(new) == 1
    back = edited(added, do="delete", kind=kind.value, id=new[0].id)
    assert comments(back) == comments(text)
    if kind is not FeatureKind.ZONE and list(list_features(before, kind)):
        assert back == text


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_added_is_a_sound_scenario_where_it_stands_in_the_site(name):
    path = shipped_scenarios()[name]
    data = read_plain_data(TEXTS[name])
    lat, lon = data["candidates"]["sites"][0]["lat_deg"], data["candidates"]["sites"][0]["lon_deg"]
    d = 0.0004
    ring = [[lat - d, lon - d], [lat + d, lon - d], [lat + d, lon + d], [lat - d, lon + d]]
    zone = {**NEW[FeatureKind.ZONE], "area": ring}
    text = edited(TEXTS[name], do="add", kind="zone", feature=zone)
    text = edited(text, do="add", kind="home", feature={**NEW[FeatureKind.HOME], "area": ring})
    text = edited(text, do="copy", kind="zone", id="gate-9")
    scenario = parse_scenario(text.encode(), name="edited", folder=path.parent)
    assert scenario.demand.zones[-2].share == scenario.demand.zones[-1].share == 0.0625
    text = edited(text, do="delete", kind="zone", id="gate-9")
    parse_scenario(text.encode(), name="edited", folder=path.parent)


def test_the_other_zones_make_room_for_a_share_that_is_set():
    text = "demand: {zones: {areas: [{id: a, share: 0.5}, {id: b, share: 0.3}, {id: c, share: 0.2}]}}\n"
    after = read_plain_data(edited(text, do="set", path=["demand", "zones", "areas", 0, "share"], value=0.2))
    assert [zone["share"] for zone in after["demand"]["zones"]["areas"]] == [0.2, 0.48, 0.32]
    whole = "demand: {zones: {areas: [{id: a, share: 1}, {id: b, share: 0}]}}\n"
    with pytest.raises(InputError, match="has every call"):
        edited(whole, do="delete", kind="zone", id="a")


@pytest.mark.parametrize("kind", [FeatureKind.CROWD, FeatureKind.WATER])
def test_without_its_last_crowd_or_water_a_file_says_that_nobody_has_said(kind):
    text = TEXTS["isle-of-wight-2024"]
    only = next(list_features(read_plain_data(text), kind))
    path = SPECS[kind].list_path
    after = read_plain_data(edited(text, do="delete", kind=kind.value, id=only.id))
    assert after[path[0]][path[1]] is None


def test_the_last_zone_and_the_last_site_stay():
    text = "candidates: {sites: [{id: a}]}\ndemand: {zones: {areas: [{id: z, share: 1}]}}\n"
    for kind, id_ in (("site", "a"), ("zone", "z")):
        with pytest.raises(InputError, match="a deployment needs"):
            edited(text, do="delete", kind=kind, id=id_)
    with pytest.raises(InputError, match="has one boundary"):
        edited(text, do="add", kind="boundary", feature={"ring": SQUARE})


def test_obstacles_stay_where_they_are_when_the_dock_beside_them_moves():
    text = (
        "candidates:\n  sites:\n    - {id: a, lat_deg: 50.0, lon_deg: -1.0, obstacles: "
        "[{name: Hall, distance_m: 111.2, bearing_deg: 0.0}]}\n"
    )
    after = read_plain_data(edited(text, do="move", kind="site", id="a", point=[50.0005, -1.0]))
    obstacle = after["candidates"]["sites"][0]["obstacles"][0]
    assert obstacle["distance_m"] == pytest.approx(
        111.2 - 55.6, abs=0.2
    )  # half of 1/1000 of a degree: 55.6 m
    assert obstacle["bearing_deg"] == pytest.approx(0.0, abs=0.1)
    moved = read_plain_data(edited(text, do="move", kind="obstacle", id="a/1", point=[50.0, -0.999]))
    assert moved["candidates"]["sites"][0]["obstacles"][0]["bearing_deg"] == pytest.approx(90.0, abs=0.1)


def test_what_a_comment_says_stays_with_its_line():
    block = (
        "candidates:\n  sites:\n  - id: a  # first\n    sky_view: 0.9  # measured\n           # in May\n\n"
        "  # next\n  - {id: b, sky_view: 1}\n"
    )
    for index in (0, 1):
        block = edited(block, do="set", path=[*SITES, index, "use"], value="required")
    assert "sky_view: 0.9  # measured\n           # in May\n    use: required\n\n  # next\n" in block
    assert "- {id: b, sky_view: 1, use: required}\n" in block
    gone = edited(block, do="remove", path=[*SITES, 0, "sky_view"])
    assert "- id: a  # first\n    use: required\n\n  # next\n" in gone


BLOCK = """\
# é before, so that characters and bytes differ
site:
  boundary:
    ring:
      - - 50.0
        - -1.0
      - [50.1, -1.0]   # the gate
      - [50.1, -1.1]
    # this comment stays
    note: x
"""


def test_a_ring_keeps_the_corners_that_stay_and_what_is_said_of_them():
    ring = [[50.0, -1.0], [50.05, -1.0], [50.1, -1.0], [50.1, -1.1]]
    more = edited(BLOCK, do="move", kind="boundary", id="boundary", ring=ring)
    assert changed_lines(BLOCK, more) == ["+       - [50.05, -1]"]
    fewer = edited(more, do="move", kind="boundary", id="boundary", ring=[ring[0], *ring[2:]])
    assert fewer == BLOCK


def test_line_ends_byte_order_marks_and_a_missing_last_line_end_stay():
    text = "\ufeffa: 1\r\nb: 2"
    assert edited(text, do="set", path=["a"], value=3) == "\ufeffa: 3\r\nb: 2"
    assert edited(text, do="set", path=["c"], value=[1, 2]) == "\ufeffa: 1\r\nb: 2\r\nc: [1, 2]\r\n"


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("a: &x [1, 2]\nb: *x\n", ["b", 0], 3),
        ("a: &x [1, 2]\nb: *x\n", ["a", 0], 3),
        ("a: &x 1\nb: *x\n", ["a"], 3),
        ("a: &x 1\nb: *x\n", ["b"], 3),
    ],
)
def test_a_value_that_an_alias_shares_is_left_to_the_author(text, path, value):
    with pytest.raises(DfrError, match=r"alias|would change more|refers to nothing"):
        edited(text, do="set", path=path, value=value)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n"
        + "".join(f"{chr(c)}: &{chr(c)} [{', '.join(['*' + chr(c - 1)] * 8)}]\n" for c in range(99, 110)),
        "a: !!python/object/apply:os.system [ls]\n",
        "a: 1\na: 2\n",
        "a: " + "[" * 40 + "]" * 40 + "\n",
        "a: {<<: {b: 1}}\n",
        "- 1\n",
        "",
    ],
    ids=["bomb", "tag", "repeated key", "depth", "merge key", "no mapping", "empty"],
)
def test_hostile_yaml_is_refused_as_by_the_reader(text):
    with pytest.raises((ScenarioError, InputError)):
        edited(text, do="set", path=["a"], value=1)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"do": "explode"},
        {"do": "move", "kind": "zone"},
        {"do": "move", "kind": "zone", "id": "z", "point": [float("nan"), 0.0]},
        {"do": "set", "path": [], "value": 1},
        {"do": "set", "path": ["a"], "value": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]},
        {"do": "all", "edits": []},
    ],
)
def test_what_is_no_edit_is_refused_in_words(document):
    with pytest.raises(InputError, match="this is no edit"):
        read_edit(document)


@pytest.mark.parametrize("kind", FeatureKind)
@pytest.mark.parametrize("do", ["move", "rename", "copy", "delete"])
def test_a_feature_that_is_not_there_is_named(do, kind):
    fields = {"point": [0.0, 0.0]} if do == "move" else {"name": "x"} if do == "rename" else {}
    with pytest.raises(InputError, match=r"there is no .* 'nowhere'"):
        edited("a: 1\n", do=do, kind=kind.value, id="nowhere", **fields)


def test_names_are_told_in_the_history():
    text = TEXTS["isle-of-wight-2024"]
    data = read_plain_data(text)
    assert (
        describe_edit(read_edit({"do": "delete", "kind": "water", "id": "medina"}), data)
        == "delete River Medina"
    )
    assert describe_edit(read_edit({"do": "set", "path": ["a", 0], "value": 1}), data) == "set a.0"


# Whatever is written is read as what was meant ---------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.sampled_from(
        ["yes", "null", "12:30", "1e3", "2024-08-23 10:00", "a: b", "- x", "#", "{", "x #y", "~", "'"]
    )
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WORDS.filter(lambda w: w != "<<"), inner, max_size=4)
    ),
    max_leaves=10,
)
LAYOUTS = [
    "a: 1  # one\nb:\n  # above\n  - x: 1   # item\n    y: [1, 2]\n  - x: 2\n# end\n",
    "a: {p: 1, q: [1, 2,\n  3]}  # flow\nb: [{x: 1}, {x: 2}]\n",
    "a:\n- 1\n- - 2\n  - 3\nb:\n- x: >\n    folded\n    text\n\n- x: |\n    literal\n",
    'a: "quoted # not a comment"\nb:\n',
]
PATHS = [["a"], ["b"], ["c"], ["b", 0], ["b", 1], ["b", 0, "x"], ["b", 0, "z"], ["a", "q"], ["a", 1]]


@given(layout=st.sampled_from(LAYOUTS), steps=st.lists(st.tuples(st.sampled_from(PATHS), VALUES), max_size=4))
def test_any_value_at_any_place_of_any_layout_is_read_back_as_it_was_set(layout, steps):
    """`apply_edit` reads what it wrote, and raises InputError where it says anything else."""
    text = layout
    for path, value in steps:
        try:
            after = edited(text, do="set", path=path, value=value)
        except InputError as error:
            assert "not in the file" in str(error)  # noqa: PT017 - an edit may name what an earlier one removed
            continue
        except ScenarioError:
            continue  # a key or text that no scenario may hold
        text = after
    for path, _ in steps:
        text = edited(text, do="remove", path=path) if len(read_plain_data(text)) > 1 else text


@given(ring=st.lists(st.tuples(st.floats(-80, 80), st.floats(-170, 170)), min_size=3, max_size=9))
def test_a_redrawn_ring_drawn_back_is_the_same_scenario(ring):
    corners = [[round(lat, 6), round(lon, 6)] for lat, lon in ring]
    before = read_plain_data(BLOCK)
    after = edited(BLOCK, do="move", kind="boundary", id="boundary", ring=corners)
    assert read_plain_data(after)["site"]["boundary"]["ring"] == corners
    back = edited(after, do="move", kind="boundary", id="boundary", ring=before["site"]["boundary"]["ring"])
    assert read_plain_data(back) == before
    assert "# this comment stays" in back


@pytest.mark.parametrize(
    "text",
    [
        "rows: [1, 2]\nlast: 3\n",
        "rows: [{id: one, area: [[50.1, -1.1], [50.2, -1.1], [50.2, -1.2]]}]\n",
        "rows:\n  - 1  # the first\n  - 2\nlast: 3\n",
        "rows:\n  - id: one\n    name: One\n  # behind it\nlast: 3\n",
        "rows: []\nlast: 3\n",
    ],
)
@pytest.mark.parametrize("index", [0, 1])
def test_items_put_in_together_read_as_those_put_in_one_after_the_other(text, index):
    rows = read_plain_data(text)["rows"]
    index = min(index, len(rows))
    items = [{"id": f"row-{number}", "at": [50.123456, -1.123456]} for number in range(40)]
    together = edit_yaml(
        text, [Insert(path=("rows",), index=index + n, value=item) for n, item in enumerate(items)]
    )
    one_by_one = text
    for number, item in enumerate(items):
        one_by_one = edit_yaml(one_by_one, [Insert(path=("rows",), index=index + number, value=item)])
    assert read_plain_data(together) == read_plain_data(one_by_one)
    assert read_plain_data(together)["rows"] == [*rows[:index], *items, *rows[index:]]
    assert together.count("#") == text.count("#")
    assert max(map(len, together.splitlines())) <= max(130, *map(len, one_by_one.splitlines()))


def test_hundreds_of_features_of_a_file_are_put_in_by_reading_the_places_once(monkeypatch):
    read = []
    places = yaml_edit.parse_places
    monkeypatch.setattr(yaml_edit, "parse_places", lambda text: read.append(len(text)) or places(text))
    posts = [
        AddFeature(
            kind=FeatureKind.POST,
            feature={
                "id": f"post-{number}",
                "lat_deg": 50.78,
                "lon_deg": -1.09,
                "range_m": {"value": 300.0, "assumed": True, "note": "looked up on a map"},
            },
        )
        for number in range(200)
    ]
    text = shipped_scenarios()["victorious-2024"].read_text("utf-8")
    after = apply_edit(text, AllEdits(edits=posts))
    assert len(read) == 1
    before, now = read_plain_data(text), read_plain_data(after)
    assert now["operation"]["posts"][: len(before["operation"]["posts"])] == before["operation"]["posts"]
    assert len(now["operation"]["posts"]) == len(before["operation"]["posts"]) + 200
