"""The brief: what a team needs on two pages, from any shipped scenario, without a network."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from markupsafe import escape

from dfr.errors import InputError
from dfr.findings import Severity
from dfr.geo import degrees_minutes, os_grid_reference
from dfr.io.scenario_files import shipped_scenarios
from dfr.plan.model import CoverageHour
from dfr.plan.planner import make_plan
from dfr.plan.verdict import verdict_of
from dfr.report.brief import FITTINGS, BriefedRun, Fitting, brief_html
from dfr.report.hours_sheet import limited_spans
from dfr.report.pdf import count_pages, find_chromium, print_pdf, print_within

from ..cli import verbs
from ..shipped import EVERY, plan_of, world_of

SCENARIOS = sorted(shipped_scenarios())


@pytest.fixture(scope="module")
def briefed():
    """A function that gives the run of a shipped scenario, planned once."""
    made = {}

    def run(name):
        if name not in made:
            world, plan = world_of(name), plan_of(name)
            verdict = verdict_of(world.scenario, plan, now=world.scenario.period.start)
            made[name] = BriefedRun(world=world, plan=plan, verdict=verdict, seed=7, summary=None)
        return made[name]

    return run


def hour(day, clock, reason="", wind=5.0):
    return CoverageHour(
        hour=f"2024-08-{day}T{clock:02}:00:00+01:00",
        wind_mps=wind,
        wind_from_deg=240.0,
        share=0.0,
        flyable=not reason,
        limited_by=reason,
    )


def test_hours_in_a_row_with_one_reason_are_one_spell_that_tells_the_worst():
    spans = limited_spans(
        [
            hour(23, 10),
            hour(23, 11, "landing wind 8.2 m/s, limit 8 m/s", 8.2),
            hour(23, 12, "landing wind 9.5 m/s, limit 8 m/s", 9.5),
            hour(23, 13, "wind 14 m/s, limit 12 m/s; landing wind 11 m/s, limit 8 m/s", 11),
            hour(24, 13, "rain 5.0 mm/h, limit 4 mm/h"),
        ]
    )
    assert [span.when for span in spans] == [
        "Fri 23 Aug 11:00 to 13:00",
        "Fri 23 Aug 13:00 to 14:00",
        "Sat 24 Aug 13:00 to 14:00",
    ]
    assert "9.5 m/s, limit 8 m/s (windiest hour)" in spans[0].why
    assert spans[2].why == "rain 5.0 mm/h, limit 4 mm/h"


def test_a_spell_up_to_midnight_ends_at_24():
    assert limited_spans([hour(23, 23, "gust 20.0 m/s, limit 15 m/s")])[0].when.endswith("23:00 to 24:00")


def test_the_brief_tells_what_a_team_needs(briefed):
    run = briefed("victorious-2024")
    page = brief_html(run)
    for site in run.plan.sites:
        assert site.name in page
        assert str(site.position) in page
    for case in run.plan.contingency:
        assert case.event in page
    for user in run.world.scenario.traffic:
        assert user.contact.replace("'", "&#39;") in page
    assert "FLEETLANDS INFORMATION 135.705" in page
    assert "landing wind 8.2 m/s, limit 8 m/s" in page
    assert run.plan.scenario_sha256[:16] in page
    assert "seed 7" in page
    assert "Not approved for flight authorisation" in page
    assert page.count('class="no"') == sum(not h.flyable for h in run.plan.coverage_by_hour)


def test_weather_that_somebody_made_up_is_not_called_a_forecast(briefed):
    run = briefed("victorious-2024")
    scenario = run.world.scenario
    told = replace(scenario, weather=replace(scenario.weather, assumed=False))
    assert scenario.weather.assumed
    assert "Assumed weather, no forecast" in brief_html(run)
    assert "Assumed weather" not in brief_html(replace(run, world=replace(run.world, scenario=told)))


def test_the_brief_says_for_what_the_docks_stand_and_how_sure_that_is(briefed):
    run = briefed("victorious-2024")
    assert f"The docks are sited for {run.plan.sited_by}." in brief_html(run)
    assert "71.1 % (best possible, proven)" in str(run.plan.sited_by)


def test_the_caption_of_a_heat_map_says_what_its_shades_are(briefed, monkeypatch):
    run = briefed("victorious-2024")
    assert "the darker, the more calls" not in brief_html(run)
    monkeypatch.setattr("dfr.report.map.MOST_ZONES_NAMED", 1)
    page = brief_html(run)
    assert "Blue areas: the darker, the more calls for their size." in page
    assert "Seconds: from lift-off" not in page


def test_the_brief_asks_for_nothing_from_outside(briefed):
    page = brief_html(briefed("victorious-2024"))
    assert "default-src 'none'" in page
    assert "<script" not in page
    outside = [url for url in re.findall(r"https?://[^\s\"'<]+", page) if "www.w3.org" not in url]
    assert outside == []


def test_a_pdf_without_a_chromium_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("DFR_CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(InputError, match="is not a program"):
        find_chromium()


@pytest.mark.browser
@pytest.mark.parametrize("name", EVERY)
def test_every_shipped_scenario_fits_on_two_pages(briefed, chromium, name):
    run = briefed(name)
    pdf, count = print_within(lambda fitting: brief_html(run, fitting), FITTINGS, most=2, browser=chromium)
    assert pdf.startswith(b"%PDF")
    assert count == count_pages(pdf) == 2
    assert count_pages(print_pdf(brief_html(run), browser=chromium)) == 2, (
        "the HTML, printed by whoever opens it"
    )


def front_of(page: str) -> str:
    """The first of the two pages."""
    return page.split('<section class="page">')[1]


def test_all_that_blocks_is_on_the_first_page_by_rule_with_its_count_and_worst_margin(briefed):
    run = briefed("victorious-2024")
    some = [replace(f, severity=Severity.UNKNOWN, margin_m=None) for f in run.plan.findings]
    rules = dict.fromkeys(f.rule for f in some)
    worst = [replace(some[0], severity=Severity.VIOLATION, margin_m=-float(i)) for i in range(1, 4)]
    plan = replace(run.plan, findings=(*some, *worst))
    verdict = verdict_of(run.world.scenario, plan, now=run.world.scenario.period.start)
    front = front_of(brief_html(replace(run, plan=plan, verdict=verdict)))
    for rule in rules:
        assert f"<strong>{rule.replace('-', ' ')}" in front, rule
    assert f"{some[0].rule} (3 times, the worst here)" in front
    assert "Margin −3 m." in front


@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("fitting", [None, Fitting(density="tight", advice=0)], ids=["chosen", "tight"])
def test_what_blocks_a_go_is_told_with_its_whole_remedy(briefed, count, fitting):
    run = briefed("victorious-2024")
    remedy = " ".join(f"or move the rally point {n} to the near side of the crowd" for n in range(6))
    blocks = {"severity": Severity.VIOLATION, "margin_m": None, "fix": f"{remedy} to the very last word"}
    found = [replace(run.plan.findings[0], rule=f"rule-{n}", **blocks) for n in range(count)]
    plan = replace(run.plan, findings=tuple(found))
    verdict = verdict_of(run.world.scenario, plan, now=run.world.scenario.period.start)
    front = front_of(brief_html(replace(run, plan=plan, verdict=verdict), fitting))
    assert front.count("to the very last word") == count


def test_the_brief_names_who_says_that_a_danger_is_not_there(briefed):
    run = briefed("victorious-2024")
    scenario = run.world.scenario
    posts = tuple(replace(post, confirmed_by="Sgt Lee") for post in scenario.operation.posts)
    stated = replace(
        scenario,
        site=replace(scenario.site, no_crowd_source="the organiser", no_water_source="a walk round it"),
        operation=replace(scenario.operation, posts=posts),
    )
    page = brief_html(replace(run, world=replace(run.world, scenario=stated)))
    assert (
        "Stated, with who says so: no people gather on the site (the organiser); there is no water on the "
        "site (a walk round it); somebody has looked from the posts (Sgt Lee)." in page
    )
    assert "Stated, with who" not in brief_html(run)


def test_advice_goes_to_the_second_page_and_what_is_cut_there_is_counted(briefed):
    run = briefed("victorious-2024")
    whole = brief_html(run, Fitting(density="roomy"))
    advised = {f.rule for f in run.plan.findings if f.severity is Severity.ADVICE}
    assert all(f"<strong>{rule.replace('-', ' ')}" in whole for rule in advised)
    assert "see the report" not in whole.split("<h2>Also to note</h2>")[1].split("<h2>")[0]
    assert f"{len(advised) - 3} more notes: see the report" in brief_html(
        run, Fitting(density="tight", advice=3)
    )


def test_the_hours_carry_gust_rain_margin_to_the_limits_sunrise_and_sunset(briefed):
    front = front_of(brief_html(briefed("victorious-2024")))
    assert "sun 06:06 to 20:05" in front
    for words in ("wind, gust in kt", "margin, m/s", "rain, mm/h"):
        assert words in front


def test_positions_heights_and_speeds_stand_in_the_units_of_those_who_read_them(briefed):
    run = briefed("victorious-2024")
    front = front_of(brief_html(run))
    for site in run.plan.sites:
        assert degrees_minutes(site.position) in front
        assert os_grid_reference(site.position) in front
    assert "limit 120 m (394 ft)" in front


def test_the_brief_names_the_permissions_and_leaves_lines_to_sign(briefed):
    run = briefed("victorious-2024")
    page = brief_html(run)
    held = run.world.scenario.operation.authorisation
    assert held is not None
    assert f"{held.reference} (assumed)" in page
    for line in ("Operator ID", "Remote pilot, flyer ID", "NOTAMs read", "Go given by"):
        assert line in page


def test_an_exercise_says_so_in_its_title_and_at_its_top(briefed):
    page = brief_html(briefed("victorious-2024"))
    assert "<title>EXERCISE: " in page
    assert "EXERCISE: GO for 28 of 39 hours" in front_of(page)
    assert "no flying Friday 13 to 14 h and Saturday 10 to 20 h" in front_of(page)


def test_a_plan_without_a_flyable_hour_gets_its_no_go_brief(briefed):
    run = briefed("victorious-2024")
    scenario = run.world.scenario
    gale = tuple(replace(hour, wind_mps=25.0) for hour in scenario.weather.hours)
    world = replace(run.world, scenario=replace(scenario, weather=replace(scenario.weather, hours=gale)))
    plan = make_plan(world)
    verdict = verdict_of(world.scenario, plan, now=scenario.period.start)
    front = front_of(brief_html(replace(run, world=world, plan=plan, verdict=verdict)))
    assert "EXERCISE: NO GO" in front
    assert "Do not fly: no hour with calls can be flown." in front
    assert "None of the 39 hours with calls can be flown" in front


LONG = "Promenade und Festwiese nordwestlich der alten Seebadeanstalt am Hafen " * 3


@pytest.fixture(scope="module")
def crowded(briefed):
    """A deployment nobody hopes for: 40 docks, 100 violations, six weeks, 30 other users, endless names."""
    run = briefed("victorious-2024")
    scenario, plan = run.world.scenario, run.plan
    sites = [replace(plan.sites[i % 2], id=f"dock-{i}-{'x' * 30}", name=f"{i} {LONG}") for i in range(40)]
    found = [
        replace(plan.findings[0], severity=Severity.VIOLATION, message=f"{i} {LONG}", fix=LONG)
        for i in range(100)
    ]
    hours = [
        replace(h, hour=str(datetime.fromisoformat(h.hour) + timedelta(weeks=w)), limited_by=LONG)
        for w in range(6)
        for h in plan.coverage_by_hour
    ]
    weather = [
        replace(h, start=h.start + timedelta(weeks=w)) for w in range(6) for h in scenario.weather.hours
    ]
    full = replace(
        scenario,
        title=LONG,
        weather=replace(scenario.weather, hours=tuple(weather)),
        site=replace(scenario.site, name=LONG),
        traffic=tuple(replace(scenario.traffic[0], id=f"user-{i}", contact=LONG) for i in range(30)),
        crew=replace(scenario.crew, shifts=scenario.crew.shifts * 20),
        candidates=(*scenario.candidates, *(replace(scenario.candidates[0], id=s.id) for s in sites)),
    )
    card = tuple(replace(c, lands_at=LONG) for c in plan.contingency)
    plan = replace(
        plan, sites=tuple(sites), findings=tuple(found), coverage_by_hour=tuple(hours), contingency=card
    )
    verdict = verdict_of(full, plan, now=full.period.start)
    return replace(run, world=replace(run.world, scenario=full), plan=plan, verdict=verdict)


@pytest.mark.browser
def test_the_worst_deployment_still_fits_on_two_pages(crowded, chromium):
    _, count = print_within(lambda fitting: brief_html(crowded, fitting), FITTINGS, most=2, browser=chromium)
    assert count == 2
    assert count_pages(print_pdf(brief_html(crowded), browser=chromium)) == 2


def test_what_is_left_out_is_counted_and_a_no_go_stands_at_the_top(crowded):
    page = brief_html(crowded, Fitting(density="tight"))
    assert page.index("EXERCISE: NO GO") < page.index("<svg")
    assert "100 violations" in page
    for words in ("36 more docks", "(100 times, the worst here)", "23 more users of the air", "and 34 more"):
        assert words in page
    for entry in crowded.plan.contingency:
        assert str(escape(entry.event)) in page, "the card is never cut"


@pytest.mark.slow
def test_the_verb_finds_the_scenario_of_a_simulation_by_itself(tmp_path):
    dfr = partial(verbs.dfr, cwd=tmp_path)
    assert dfr("simulate", "winter-storm", "--replications", "2", "--out", "run").returncode == 0
    done = dfr("brief", "run", "--out", "brief.html")
    assert done.returncode == 3, done.stderr
    assert "EXERCISE: UNKNOWN: authorisation" in done.stdout
    assert "2 replications" in (tmp_path / "brief.html").read_text()
    done = dfr("brief", "nowhere", "--out", "brief.html")
    assert (done.returncode, "no such folder" in done.stderr) == (2, True)
    assert dfr("brief", "run", "--out", "brief.doc").returncode == 2
