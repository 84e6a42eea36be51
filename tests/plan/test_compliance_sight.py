"""Who sees the drone and under what it is flown: posts, the people at them, and the authorisation."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
import shapely

from dfr.findings import Severity
from dfr.plan.checks import sight
from dfr.plan.checks.sight import manned_posts
from dfr.plan.volumes import inputs_of
from dfr.scenario import model as m

from .compliance_world import crowd, findings, only
from .conftest import ORIGIN, START, Field, at, authorisation, box, candidate


def test_a_route_out_of_sight_is_a_violation_with_how_far(field: Field):
    near = (m.Observer(id="post", position=at(0, 0), range_m=400.0),)
    found = findings(field(operation={"posts": near}), "visual-line-of-sight", Severity.VIOLATION)
    assert found[0].margin_m < 0
    assert {each.message.split(" the drone")[0] for each in found} <= {
        f"On the route to {zone.id}" for zone in field().scenario.demand.zones
    }


def test_a_second_observer_brings_it_into_sight(field: Field):
    posts = (
        m.Observer(id="pilot", position=at(400, 0), range_m=350.0),
        m.Observer(id="observer", position=at(-400, 200), range_m=550.0),
    )
    one, both = ({"posts": posts[:1]}, {"posts": posts})
    assert findings(field(operation=one), "visual-line-of-sight", Severity.VIOLATION)
    assert not findings(field(operation=both), "visual-line-of-sight", Severity.VIOLATION)
    assert findings(field(operation=both), "visual-line-of-sight", Severity.OK)


def test_sight_is_along_the_slant(field: Field):
    """At 60 m up a post with 100 m of sight sees 80 m across the ground."""
    post = (m.Observer(id="post", position=at(400, 0), range_m=100.0),)
    found = findings(
        field(
            operation={"posts": post},
            demand={
                "zones": (m.DemandZone(id="right", name="Right", area=box(380, 80, 420, 120), share=1.0),)
            },
        ),
        "visual-line-of-sight",
        Severity.VIOLATION,
    )
    assert found[0].margin_m == pytest.approx(-20.0, abs=0.5)


FOUR_POSTS = tuple(
    m.Observer(id=name, position=at(east_m, north_m), range_m=200.0)
    for name, east_m, north_m in (("a", -400, 100), ("b", -150, 100), ("c", 150, 100), ("d", 400, 100))
)


def people(remote_pilots: int, safety_pilots: int) -> dict[str, object]:
    end = START + timedelta(hours=4)
    return {
        "shifts": (m.Shift(start=START, end=end, remote_pilots=remote_pilots, safety_pilots=safety_pilots),)
    }


@pytest.mark.parametrize(("pilots", "observers", "blocked"), [(1, 1, True), (1, 3, False), (2, 2, False)])
def test_a_post_sees_only_where_somebody_stands(field: Field, pilots, observers, blocked):
    """Routes 800 m apart, four posts of 200 m: two people cannot see both ends and what is between."""
    sites = (candidate("middle", 0, 0, use=m.SiteUse.REQUIRED),)
    world = field(operation={"posts": FOUR_POSTS}, crew=people(pilots, observers), candidates=sites)
    assert bool(findings(world, "visual-line-of-sight", Severity.VIOLATION)) is blocked
    told = any("can man" in f.message for f in findings(world, "visual-line-of-sight"))
    assert told is (pilots + observers < 4)


def test_the_posts_manned_are_those_that_see_most(field: Field):
    """Of four posts the two that see all of the only route are enough."""
    posts = (
        m.Observer(id="far-1", position=at(-490, -490), range_m=100.0),
        m.Observer(id="far-2", position=at(-490, 490), range_m=100.0),
        m.Observer(id="near-1", position=at(400, 0), range_m=200.0),
        m.Observer(id="near-2", position=at(400, 200), range_m=200.0),
    )
    zones = (m.DemandZone(id="right", name="Right", area=box(380, 180, 420, 220), share=1.0),)
    sites = (candidate("east", 400, 0, use=m.SiteUse.REQUIRED),)
    world = field(operation={"posts": posts}, crew=people(1, 1), demand={"zones": zones}, candidates=sites)
    assert not findings(world, "visual-line-of-sight", Severity.VIOLATION)


EAST = 0, 900
"""A route of 900 m to the east; what is seen of it by each post, and by any two, can be counted by hand."""

STRIPS = {
    "long": (0, 400),
    "same": (10, 400),
    "other": (500, 800),
    "short": (850, 900),
    "nothing": (2000, 2100),
}


def manned(strips: list[str], people: int) -> list[str]:
    """The posts that so many people man, of posts that each see a strip of a route to the east."""
    posts = tuple(m.Observer(id=name, position=at(0, 0), range_m=100.0) for name in strips)
    shift = SimpleNamespace(remote_pilots=people, safety_pilots=0)
    context = SimpleNamespace(
        scenario=SimpleNamespace(
            operation=SimpleNamespace(posts=posts), crew=SimpleNamespace(shifts=(shift,))
        ),
        lines=[(None, shapely.LineString([(EAST[0], 0), (EAST[1], 0)]))],
    )
    discs = {name: shapely.box(low, -50, high, 50) for name, (low, high) in STRIPS.items()}
    return sorted(post.id for post in manned_posts(context, discs))


@pytest.mark.parametrize("one_after_another", [False, True])
def test_two_people_stand_where_they_see_most_together_not_where_each_sees_most(
    monkeypatch, one_after_another
):
    if one_after_another:
        monkeypatch.setattr(sight, "MOST_CHOICES", 0)
    assert manned(list(STRIPS), 1) == ["long"]
    assert manned(list(STRIPS), 2) == ["long", "other"]
    assert manned(list(STRIPS), 3) == ["long", "other", "short"]
    assert manned(list(reversed(STRIPS)), 2) == ["long", "other"]


def test_with_people_for_all_every_post_is_manned_and_with_nobody_none():
    assert manned(["long", "nothing"], 2) == manned(["long", "nothing"], 5) == ["long", "nothing"]
    assert manned(["long", "nothing"], 0) == []


def test_a_post_that_sees_no_ground_is_not_manned():
    assert manned(["long", "blind"], 1) == ["long"]
    assert manned(["blind"], 3) == []


def test_a_post_that_a_program_drew_is_unknown(field: Field):
    drawn = (m.Observer(id="post", position=ORIGIN, range_m=800.0, confirmed=False),)
    found = findings(field(operation={"posts": drawn}), "visual-line-of-sight", Severity.UNKNOWN)
    assert "post" in found[0].message


@pytest.mark.parametrize("kind", list(m.OperationKind))
def test_every_kind_of_operation_names_the_document_that_allows_it(field: Field, kind):
    bare = only(field(operation={"kind": kind, "authorisation": None}), "authorisation")
    held = authorisation(kind.value)
    named = only(field(operation={"kind": kind, "authorisation": held}), "authorisation")
    assert (bare.severity, named.severity) == (Severity.UNKNOWN, Severity.OK)
    assert named.message == (
        f'OA 12 (CAA) allows {kind.value}, valid to 2024-07-01 10:00: "2.1 how it is flown".'
    )


def test_words_alone_permit_nothing(field: Field):
    found = only(field(operation={"authorisation": None, "basis": "OA 12, granted"}), "authorisation")
    assert found.severity is Severity.UNKNOWN
    assert "'OA 12, granted', is only a text and permits nothing" in found.message


def test_bvlos_needs_no_post(field: Field):
    world = field(operation={"kind": m.OperationKind.BVLOS, "posts": ()})
    assert only(world, "visual-line-of-sight").severity is Severity.ADVICE


def test_risk_and_sight_are_judged_tip_to_tip(field: Field):
    """A Matrice 30T is 668 mm from motor to motor and 1.1 m over its rotors, whatever it stands on."""
    sight = next(f for f in findings(field(), "visual-line-of-sight") if "attitude" in f.message)
    assert "1.1 m drone" in sight.message
    assert sight.margin_m == pytest.approx(327 * 1.125 + 20 - 800, abs=1)
    assert inputs_of(field().scenario).size_m == pytest.approx(1.125, abs=0.005)
    crowds = (crowd(390, 60, 410, 120),)
    risk = findings(field(site={"crowds": crowds}), "ground-risk")
    assert any("with a drone of 1.1 m and 23 m/s is ground risk class iGRC 8" in f.message for f in risk)


def test_posts_that_do_not_see_as_high_as_is_flown_are_none(field: Field):
    low = (m.Observer(id="post", position=at(0, 0), range_m=59.0),)
    (found,) = findings(field(operation={"posts": low}), "visual-line-of-sight", Severity.VIOLATION)
    assert found.message == "No pilot or observer post sees the height that is flown."
    assert found.fix == "add operation.posts"
