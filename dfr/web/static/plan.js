// @ts-check
import { $, ask, begin, element, get, number, percent, post, seconds, tell, throttle, toast } from "./common.js";
import { askPlace, showPlace } from "./base-layers.js";
import { fit, loaded, makeMap, show, toggles, whenDrawn } from "./map.js";
import { describeOnClick, flyTo, listDescriptions } from "./descriptions.js";
import { focusKept, makeEditor } from "./edit.js";
import { makeSearch, showCoordinates } from "./find-place.js";
import { penBar } from "./pen.js";
import { savePlan } from "./save.js";
import { makeImport } from "./import.js";
import { drawChecklist } from "./plan-checklist.js";
import { drawFindings } from "./plan-findings.js";
import { hourFinding, hourRows, hourVerdict, makeHours, tableRows } from "./plan-hours.js";
import { hourName, layoutsChart, profileChart } from "./plan-charts.js";
import { makeShading } from "./plan-shading.js";
import { makePlanState } from "./plan-state.js";
import { followStanding } from "./standing.js";

/** @type {import("./contracts.d.ts").PlanAnswer} The plan on the page, once it has arrived. */
let state;
/** @type {any} */
let map = null;
/** @type {any} */
let base = null;
/** @type {{ state: string, hours: import("./contracts.d.ts").HourTimes[] } | null} */
let details = null; // Every hour of the plan, with the state of the plan that it is of.

// Until an edit is answered, nothing on the page may call the edited plan good.
function showChecking() {
  $("verdict").textContent = "Checking your change. It is not yet known whether this plan is a go.";
  $("verdict").className = "verdict";
}

const plans = makePlanState({
  ask,
  send: post,
  say: toast,
  draw(plan) {
    state = plan;
    shading.forget();
    focusKept(draw);
  },
  checking(busy) {
    document.body.toggleAttribute("aria-busy", busy);
    if (!busy) return;
    showChecking();
    // An edit that is still being checked can be undone: undo waits its turn behind it.
    $("undo").disabled = false;
  },
});

const askTimes = throttle(60, async (site, at) => {
  const request = () => ask("api/plan/preview", { lat_deg: at.lat, lon_deg: at.lng });
  const times = await tell(plans.askOfPlan(`preview ${at.lng},${at.lat}`, request));
  if (times) drawZones(previewTimes(site, times));
});

function preview(site, at) {
  showChecking();
  askTimes(site, at);
}

const editor = makeEditor({ plan: () => state, seen: plans.seen, change: plans.change, preview });

function previewTimes(site, times) {
  const best = {};
  for (const route of state.layers.routes.features) {
    const { site: from, zone, overhead_s: s } = route.properties;
    if (from !== site && s !== null) best[zone] = Math.min(best[zone] ?? Infinity, s);
  }
  return Object.fromEntries(state.zones.map((zone) => {
    const found = Math.min(best[zone.id] ?? Infinity, times[zone.id] ?? Infinity);
    return [zone.id, Number.isFinite(found) ? found : null];
  }));
}

function planTimes() {
  return Object.fromEntries(state.zones.map((zone) => [zone.id, zone.overhead_s]));
}

// Words for seconds to a zone: null is not reached, undefined not known yet.
const timeWords = (now) => (now === undefined ? "…" : now === null ? notReached() : seconds(now));
const PENDING_S = 1e6; // Painted as the latest, never as not reached.

const notReached = () => (hours.chosen && !hours.chosen.flyable ? "no flight" : "not reached");

// Zone times in the table and on the map: those of the plan, of a preview while dragging, or of one hour.
// An hour is set beside the plan in its planning wind; the plan beside what it was when the page was opened.
function drawZones(times) {
  const shares = sharesNow();
  const rows = state.zones.map((zone) => {
    const now = times[zone.id];
    const beside = hours.chosen ? zone.overhead_s : zone.before_s;
    const worse = now !== null && beside !== null && now > beside + 0.5;
    const better = now !== null && beside !== null && now < beside - 0.5;
    return element("tr", { "data-zone": zone.id }, element("td", {}, zone.name), element("td", { class: "n" }, percent(shares[zone.id])),
      element("td", { class: `n ${better ? "better" : worse ? "worse" : ""}` }, timeWords(now)), element("td", { class: "n" }, seconds(beside)));
  });
  $("zones").tBodies[0].replaceChildren(...rows);
  if (!map) return;
  const timed = (collection) => ({ ...collection, features: collection.features.map((feature) => {
    const now = times[feature.properties.id];
    const short = timeWords(now);
    return { ...feature, properties: { ...feature.properties, overhead_s: now === undefined ? PENDING_S : now, words: `${feature.properties.name}\n${short}`, short } };
  }) });
  show(map, { zones: timed(state.layers.zones), zone_names: timed(state.layers.zone_names) });
}

const hours = makeHours({ chart: $("hours-chart"), slider: $("hour"), all: $("hour-off"), play: $("hour-play"), onHour: showHour });
const shading = makeShading({ box: $("map-legend"), ask: plans.askOfPlan, stateOf: () => state, hourOf: () => hours.chosen, moreOf, onWords: (words) => ($("shading-words").textContent = words) });

// What else is known of an hour, once it has been asked for.
function moreOf(hour) {
  return details?.state === state.state ? details.hours.find((known) => known.hour === hour.hour) : undefined;
}

function draw() {
  hours.show(state.hours, state.limit_s);
  drawPanel();
  editor.draw();
  drawHour();
  if (map) listDescriptions(map, $("descriptions"));
  if (hours.chosen) showHour();
}

// Times of the chosen hour; those of the plan, in the planning wind, where none is chosen.
function timesNow() {
  const hour = hours.chosen;
  if (!hour) return planTimes();
  return moreOf(hour)?.zones ?? (hour.flyable ? {} : Object.fromEntries(state.zones.map((zone) => [zone.id, null])));
}

// Each zone's share of the calls: of the chosen hour, or of all.
function sharesNow() {
  const more = hours.chosen && moreOf(hours.chosen);
  return Object.fromEntries(state.zones.map((zone) => [zone.id, more?.calls ? more.calls_by_zone[zone.id] / more.calls : zone.share]));
}

// Routes as they are flown in the chosen hour: the soonest to each zone, and none in an hour that is not flown.
function routesNow() {
  const { routes } = state.layers;
  const hour = hours.chosen;
  if (!hour) return routes;
  const from = moreOf(hour)?.from ?? {};
  return { ...routes, features: hour.flyable ? routes.features.map((f) => ({ ...f, properties: { ...f.properties, best: from[f.properties.zone] === f.properties.site } })) : [] };
}

// Everything that one hour changes.
function drawHour() {
  const hour = hours.chosen;
  drawZones(timesNow());
  drawVerdict();
  drawCoverage();
  $("times-head").textContent = hour ? hour.hour.slice(11, 16) : "Now";
  $("beside-head").textContent = hour ? "Planning wind" : "Before";
  $("whole").textContent = hour ? "Docks, heights and layouts below are those of the whole plan, the same in every hour." : "";
  $("wind").textContent = hour ? `From lift-off, at ${hourName(hour.hour)}, in a wind of ${number(hour.wind_mps)} m/s from ${hour.wind_from_deg.toFixed(0)}°.` : state.wind ? `From lift-off, in the planning wind of ${number(state.wind.mps)} m/s from ${state.wind.from_deg.toFixed(0)}°.` : "";
  $("hour-words").textContent = hour ? `${hourName(hour.hour)}: wind ${number(hour.wind_mps)} m/s from ${hour.wind_from_deg.toFixed(0)}°; ${hour.flyable ? `${percent(hour.share)} of calls in time` : `cannot be flown: ${hour.limited_by}`}` : "All hours together. Choose one with the slider or on the chart.";
  drawChecklist(state.checklist, { onPick: fly, onState: (fact, answers) => plans.change("api/plan/fact", { fact, answers }) });
  drawFindings($("findings"), state.findings, { onPick: fly, ofHour: hour && hourFinding(hour, moreOf(hour)) });
  if (!map) return;
  const { zones, zone_names, routes, ...rest } = state.layers;
  show(map, { ...rest, routes: routesNow() });
  shading.draw();
}

async function showHour() {
  drawHour();
  if (!hours.chosen || details?.state === state.state) return;
  const of = state.state;
  const found = await tell(plans.askOfPlan("api/plan/hours"));
  if (!found) return; // The plan is another by now, and asks for its own.
  details = { state: of, hours: found };
  drawHour();
}

function drawVerdict() {
  const hour = hours.chosen;
  const judged = state.verdict;
  const [headline, ...rest] = judged.lines;
  const said = hour ? hourVerdict(hour, judged) : { go: judged.verdict === "GO", headline, rest: rest.join(" ") };
  $("verdict").replaceChildren(element("strong", {}, said.headline), element("p", {}, said.rest),
    element("p", { class: "hint" }, `${hour ? "Of the whole plan: " : ""}${state.counted}. ${hour ? "" : `Mean ${number(state.mean_s[0])} s from decision to overhead (was ${number(state.mean_s[1])} s).`}`));
  $("verdict").className = `verdict ${said.go ? "go" : "no"}`;
}

function drawCoverage() {
  const hour = hours.chosen;
  $("coverage").tBodies[0].replaceChildren(...(hour ? tableRows(hourRows(hour, moreOf(hour), state.limit_s)) : state.coverage.map(([limit, share, before]) => element("tr", {}, element("td", {}, `overhead within ${limit.toFixed(0)} s of the decision`),
    element("td", { class: `n ${share > before + 5e-4 ? "better" : share < before - 5e-4 ? "worse" : ""}` }, percent(share)), element("td", { class: "n" }, `before ${percent(before)}`)))));
}

function drawPanel() {
  for (const name of ["undo", "redo"]) {
    $(name).disabled = !state[`can_${name}`];
    $(name).title = state[name] ? `${name}: ${state[name]}` : name;
  }
  $("save").disabled = !state.changed || Boolean(state.why_not_saved);
  $("save").title = state.why_not_saved || "Write the scenario file";
  $("weather").textContent = state.assumed_weather ? "Assumed weather, no forecast." : "";
  layoutsChart($("layouts"), state.layouts, { docks: state.docks.length, share: state.objective, limit_s: state.limit_s });
  drawRoutes();
}

// The route whose heights are shown: the one chosen before, or the one with the least room under the limit.
function drawRoutes() {
  /** @type {[string, import("./contracts.d.ts").RouteProfile][]} */
  const known = state.profiles.map((route) => [`${route.site} ${route.zone}`, route]);
  const names = Object.fromEntries([...state.layers.sites.features, ...state.layers.zones.features].map((f) => [f.properties.id, f.properties.name]));
  const kept = $("route").value;
  $("route").replaceChildren(...known.map(([key, route]) => element("option", { value: key }, `${names[route.site]} to ${names[route.zone]}`)));
  /** @type {(named: [string, import("./contracts.d.ts").RouteProfile]) => number} */
  const high = ([, route]) => Math.max(0, ...(route.profile?.highest_m_agl ?? []).map((h) => h ?? 0));
  const tight = known.reduce((a, b) => (high(b) > high(a) ? b : a), known[0]);
  if (known.length) $("route").value = known.some(([key]) => key === kept) ? kept : tight[0];
  drawProfile();
}

function drawProfile() {
  const route = state.profiles.find(({ site, zone }) => `${site} ${zone}` === $("route").value);
  profileChart($("profile"), route?.profile, { title: route ? $("route").selectedOptions[0].textContent : "No route can be flown", ceiling_m: state.ceiling_m });
}

function fly(finding) {
  if (map) flyTo(map, [finding.place.lon_deg, finding.place.lat_deg], `${finding.message} ${finding.fix}`);
}

function keys(event) {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  event.preventDefault();
  if (event.shiftKey) $("redo").click();
  else $("undo").click();
}

// What is imported may lie elsewhere: a new boundary is brought into view.
async function importAndShow(path, document_) {
  const before = JSON.stringify(state.layers.keep_in);
  const done = await plans.change(path, document_);
  if (done && map && JSON.stringify(state.layers.keep_in) !== before) fit(map, state.layers);
  return done;
}

async function main() {
  const about = await begin();
  if (!about.plan) {
    $("verdict").textContent = about.problem ?? "No scenario is loaded. Start dfr serve --scenario NAME.";
    return;
  }
  const place = askPlace(about);
  const [plan, forms] = await Promise.all([plans.begin(), tell(get("api/forms"))]);
  if (!plan) return;
  state = plan;
  editor.begin(forms ?? {}, null);
  followStanding((standing) => {
    plans.hear(standing);
    base?.follow(standing.base);
  });
  draw();
  performance.mark("figures");
  map = await makeMap(state.centre);
  for (const name of ["undo", "redo", "again"]) $(name).addEventListener("click", () => plans.change(`api/plan/${name}`));
  makeImport({ change: importAndShow }).listen($("import"));
  $("save").addEventListener("click", () => {
    savePlan({ ask: () => tell(plans.askOfPlan("api/plan/saving")), save: (document_) => plans.change("api/plan/save", document_), say: toast });
  });
  $("fence").addEventListener("click", editor.toggleCorners);
  $("route").addEventListener("change", drawProfile);
  $("shading").addEventListener("change", ({ target }) => target instanceof HTMLInputElement && shading.choose(target.value));
  document.addEventListener("keydown", keys);
  if (map) {
    await loaded(map);
    $("map").append(penBar());
    editor.begin(forms ?? {}, map);
    shading.on(map);
    draw();
    fit(map, state.layers);
    base = await showPlace(map, about, place);
    toggles(map, $("layers"));
    describeOnClick(map, editor.isDrawing);
    listDescriptions(map, $("descriptions"));
    showCoordinates(map);
  }
  makeSearch({ map, features: () => state.features, onFeature: editor.chooseFeature, onPlace: (at, words) => map && flyTo(map, at, words) });
  if (state.draft) toast(state.draft);
  await whenDrawn(map);
  document.body.dataset.ready = "yes";
}

main();
