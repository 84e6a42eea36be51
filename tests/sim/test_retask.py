"""The rule by which a drone in the air is sent on to another call, and what becomes of both calls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dfr.sim.retask import InAir, choose_retask

drones = st.lists(
    st.builds(
        InAir,
        drone=st.sampled_from("abcdef"),
        rank=st.none() | st.integers(0, 3),
        overhead_s=st.sampled_from([0.0, 30.0, 60.0, 90.0]),
        stay_s=st.sampled_from([-5.0, 10.0, 300.0]),
        blocked=st.sampled_from(["", "", "energy"]),
    ),
    max_size=6,
)


@given(in_air=drones, rank=st.integers(0, 3), within_s=st.sampled_from([0.0, 60.0, 90.0]))
def test_only_a_drone_that_can_go_and_serves_a_lower_grade_is_sent_on(
    in_air: list[InAir], rank: int, within_s: float
) -> None:
    chosen = choose_retask(in_air, rank=rank, within_s=within_s, min_stay_s=10.0)
    able = [d for d in in_air if not d.blocked and d.stay_s >= 10.0 and (d.rank is None or d.rank > rank)]
    if chosen is None:
        assert not able
        return
    assert chosen in able
    sooner = [d for d in able if d.overhead_s < chosen.overhead_s]
    if chosen.overhead_s > within_s:
        assert not sooner
    elif chosen.rank is not None:
        assert all(d.rank is not None and d.rank <= chosen.rank for d in able if d.overhead_s <= within_s)
