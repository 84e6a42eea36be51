// @ts-check
import { $, ask, begin, element, get, post, tell, toast, upload } from "./common.js";
import { lines } from "./charts.js";
import { relabel } from "./icons.js";
import { showPlace } from "./base-layers.js";
import { fit, loaded, makeMap, marker, show, whenDrawn } from "./map.js";
import { makePlanState } from "./plan-state.js";
import { followStanding } from "./standing.js";
import { makeEvents } from "./replay-events.js";
import { barsByDrone, batteryOf, droneAt, heightsOf, waitingSteps } from "./replay-shift.js";
import { shiftTimeline } from "./replay-timeline.js";

const LEAST = 0.35;
const NONE = { type: "FeatureCollection", features: [] };
const PHASE_WORDS = { climb: "climb", out: "out", on_scene: "on scene", back: "back", land: "landing" };

/** @type {[name: string, unit: string, most?: number][]} */
const GAUGES = [["battery", "%", 100], ["wind", "m/s"]];

/** @type {any} */
let map = null;
/** @type {any} */
let base = null;
/** @type {any[]} */
let docks = [];
/** @type {any} */
let playing = null;
let now = 0;
/** @type {any} */
let last = null;
/** @type {any[]} */
let charts = [];
/** @type {any[]} */
let moved = [];
/** @type {any} */
let seriesChart = null;
/** @type {any} */
let source = null;
let wanted = 0;

const plans = makePlanState({ ask, send: post, say: toast, draw: drawPlan });

function drawPlan(plan) {
  if (!map) return;
  const { routes, findings, ...rest } = plan.layers;
  show(map, rest);
  docks.forEach((m) => m.remove());
  docks = plan.layers.sites.features.filter((f) => f.properties.dock).map((f) => marker(map, "dock seen", f.geometry.coordinates, { title: `dock ${f.properties.name}` }));
}

const events = makeEvents({ box: $("events"), previous: $("previous"), next: $("next"), onPick: seek });

function clock(t) {
  if (source.kind === "shift") return new Date(Date.parse(source.epoch) + t * 1000).toLocaleTimeString("en-GB", { timeZone: source.zone });
  const whole = Math.abs(Math.round(t));
  return `${t < -0.5 ? "-" : ""}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function box(id) {
  return $("charts").appendChild(element("div", { class: "chart", id }));
}

function beginShift() {
  source.byDrone = barsByDrone(source);
  source.start = source.start_s;
  source.end = source.end_s;
  const drones = Object.keys(source.byDrone);
  const hours = (t) => clock(t).slice(0, 5);
  const span = { clock: true, x0: source.start, x1: source.end, onPick: seek, label: hours };
  charts = [
    shiftTimeline($("timeline"), source, { label: hours, onPick: seek }),
    lines(box("height"), { ...span, title: "height", unit: "m above ground", limits: [["limit", source.ceiling_m]], series: drones.map((d) => ({ name: d, points: heightsOf(source, d) })) }),
    lines(box("battery"), { ...span, title: "battery in flight", unit: "%", y1: 100, series: drones.map((d) => ({ name: d, points: batteryOf(source, d) })) }),
    lines(box("queue"), { ...span, title: "calls waiting for a drone", unit: "calls", series: [{ name: "waiting", c: 4, points: waitingSteps(source) }] }),
    lines(box("wind"), { ...span, title: "wind at 10 m", unit: "m/s", series: [{ name: "wind", points: source.wind.filter(([t]) => t >= source.start - 3600 && t <= source.end) }] }),
  ];
  $("legend").textContent = "Positions between recorded events are interpolated along the planned routes.";
  moved = drones.map((d, i) => ({ name: d, label: `${i + 1}: ${d}`, marker: map && droneMarker(source.docks[source.byDrone[d][0].dock], d, { tag: String(i + 1) }) }));
}

function beginFlight() {
  const { flown, predicted } = source;
  source.start = Math.min(flown.t_s[0], 0);
  source.end = flown.t_s.at(-1);
  const pairs = (track, key) => track.t_s.map((t, i) => [t, track[key][i]]);
  const both = (of) => [...(predicted ? [{ name: "predicted", points: of(predicted), dash: "5 3" }] : []), { name: "flown", points: of(flown), c: 1 }];
  const limits = source.ceiling_m === null ? [] : [["limit", source.ceiling_m]];
  const away = (track) => track.t_s.map((t, i) => [t, Math.hypot((track.lon[i] - source.home[0]) * Math.cos((source.home[1] * Math.PI) / 180), track.lat[i] - source.home[1]) * 111_320]);
  const span = { clock: true, onPick: seek, label: clock, x0: source.start, x1: source.end };
  charts = [
    lines(box("height"), { ...span, title: "height above home", unit: "m", limits, series: both((track) => pairs(track, "height_m")) }),
    lines(box("distance"), { ...span, title: "distance from home", unit: "m", series: both(away) }),
    ...GAUGES.filter(([name]) => source.gauges?.[name].length > 1).map(([name, unit, y1]) => lines(box(name), { ...span, title: name === "wind" ? "wind (the vehicle's estimate)" : name, unit, y1, series: [{ name, points: source.gauges[name], c: 1 }] })),
    lines(box("groundspeed"), { ...span, title: "ground speed", unit: "m/s", series: both((track) => pairs(track, "speed_mps")) }),
  ];
  $("legend").textContent = predicted ? "Blue, dashed: predicted. Orange: flown." : "Flown, as logged.";
  drawPhases();
  drawSeries();
  moved = (predicted ? ["predicted", "flown"] : ["flown"]).map((which) => ({ name: which, label: which, track: source[which], marker: map && droneMarker(source.home, which, { tag: which, look: which }) }));
  if (map) {
    const path = (track) => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: track.t_s.map((_, i) => [track.lon[i], track.lat[i]]) } });
    map.getSource("flown").setData({ type: "FeatureCollection", features: [path(flown)] });
    map.getSource("predicted").setData({ type: "FeatureCollection", features: predicted ? [path(predicted)] : [] });
    fit(map, { path: { features: [path(flown)] } }, ["path"]);
  }
}

// Predicted beside flown, phase by phase, both measured by the one rule of the rehearsal.
function drawPhases() {
  if (source.compared?.length) return drawCompared();
  const phases = source.phases ?? [];
  if (!phases.length) return;
  $("phases").replaceChildren(element("h2", {}, "Predicted and flown"), ...phaseTable(phases, "within their tolerance. Both are measured by the same rule."));
}

function phaseTable(phases, how) {
  const s = (x) => (x === null ? "-" : `${x.toFixed(1)} s`);
  const verdict = (phase) => (phase.predicted_s === null || phase.flown_s === null ? "" : phase.agrees ? "as predicted" : "differs");
  const rows = phases.map((phase) => element("tr", {}, element("td", {}, PHASE_WORDS[phase.phase] ?? phase.phase), element("td", { class: "n" }, s(phase.predicted_s)), element("td", { class: "n" }, s(phase.flown_s)), element("td", { class: verdict(phase) === "differs" ? "worse" : "" }, verdict(phase))));
  const agreed = phases.filter((phase) => verdict(phase) === "as predicted").length;
  return [element("p", { class: "hint" }, `${agreed} of ${phases.length} phases took as long as predicted, ${how}`),
    element("table", {}, element("thead", {}, element("tr", {}, element("th", {}, "Phase"), element("th", { class: "n" }, "Predicted"), element("th", { class: "n" }, "Flown"), element("th", {}, ""))), element("tbody", {}, ...rows))];
}

// Each flight of an opened log beside its prediction for the drone of the plan, or why there is none.
function drawCompared() {
  const parts = source.compared.flatMap((one) => {
    const head = element("h3", {}, `Flight ${one.flight}`);
    if (one.why) return [head, element("p", { class: "hint" }, one.why)];
    return [head, ...phaseTable(one.phases, `for ${one.drone}.`), element("p", {}, energyWords(one.energy)), ...one.notes.map((note) => element("p", { class: "hint" }, note))];
  });
  $("phases").replaceChildren(element("h2", {}, "Predicted and flown"), ...parts);
}

function energyWords({ flown_wh, predicted_wh, motion_wh, band }) {
  if (flown_wh === null) return "Energy: the log holds no current or no voltage.";
  const expected = predicted_wh ?? motion_wh;
  if (expected === null) return `Energy: ${flown_wh.toFixed(1)} Wh flown, not predicted.`;
  const off = flown_wh / expected - 1;
  const by = predicted_wh === null ? "by its own motion" : "predicted";
  const end = Math.abs(off) <= band ? "as expected" : "differs";
  return `Energy: ${flown_wh.toFixed(1)} Wh flown, ${expected.toFixed(1)} Wh ${by} (${off < 0 ? "−" : "+"}${Math.abs(100 * off).toFixed(0)} %; nine flights in ten are within ${(100 * band).toFixed(0)} %): ${end}.`;
}

function drawSeries() {
  const series = source.series ?? [];
  $("recorded").hidden = !series.length;
  $("series").replaceChildren(...series.map(({ id, name, unit }) => element("option", { value: id }, `${name}, ${unit}`)));
  if (series.length) chooseSeries();
}

function chooseSeries() {
  const found = source.series.find(({ id }) => id === $("series").value);
  charts = charts.filter((chart) => chart !== seriesChart);
  const low = Math.min(0, ...found.points.map((p) => p[1]));
  seriesChart = lines($("series-chart"), { clock: true, onPick: seek, label: clock, x0: source.start, x1: source.end, y0: low, title: found.name, unit: found.unit, series: [{ name: found.name, points: found.points, c: 1 }] });
  charts.push(seriesChart);
  seriesChart.cursor(now);
}

function droneMarker(at, name, { tag, look = "" }) {
  const made = marker(map, `drone ${look}`, at, { title: name });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 22 22");
  const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  for (const [k, v] of Object.entries({ cx: "11", cy: "11", r: "8" })) dot.setAttribute(k, v);
  svg.append(dot);
  made.getElement().append(svg, element("span", { class: "tag" }, tag));
  return made;
}

function sample(track, t) {
  const i = track.t_s.findIndex((x) => x > t);
  if (i <= 0) return i === 0 ? 0 : track.t_s.length - 1;
  return i - 1;
}

function seek(t) {
  if (!source) return;
  now = Math.min(Math.max(t, source.start), source.end);
  $("scrub").value = String(now);
  $("scrub").setAttribute("aria-valuetext", clock(now));
  $("clock").textContent = clock(now);
  for (const chart of charts) chart.cursor(now);
  events.at(now);
  if (source.kind === "shift") shiftAt(now);
  else flightAt(now);
}

// The map stays with the drone that is followed.
function keepInView(name, at) {
  if (map && $("follow").value === name) map.jumpTo({ center: at });
}

function shiftAt(t) {
  $("moving").replaceChildren(...moved.map(({ name, label, marker: m }) => {
    const found = droneAt(source, name, t);
    m?.setLngLat(found.at);
    if (m) for (const look of [...m.getElement().classList].filter((c) => c in LOOKS)) m.getElement().classList.remove(look);
    m?.getElement().classList.add(found.phase);
    keepInView(name, found.at);
    return element("li", {}, element("span", { class: `spot ${found.phase}` }), `${label}: ${found.words}${found.height > 0.5 ? `, ${found.height.toFixed(0)} m` : ""}`);
  }));
  const open = source.calls.filter((c) => c.call_s <= t && t <= c.ended_s);
  if (map) map.getSource("calls").setData({ type: "FeatureCollection", features: open.map((c) => ({ type: "Feature", properties: { outcome: c.outcome }, geometry: { type: "Point", coordinates: c.at } })) });
  const spans = (of, words) => of.filter((span) => span.start_s <= t && t < span.end_s).map(({ label }) => `${words}: ${label.replaceAll("_", " ")}`);
  const calls = open.map((c) => `Call ${c.call} (${c.grade}, ${source.names[c.zone] ?? c.zone}): ${c.overhead_s !== null && c.overhead_s <= t ? "drone overhead" : c.outcome === "missed" ? `will be missed: ${c.reason}` : "waiting"}`);
  $("open-calls").replaceChildren(...[...spans(source.holds, "Docks closed"), ...spans(source.visits, "Other traffic"), ...calls].map((words) => element("li", {}, words)));
}

const LOOKS = Object.fromEntries(["prepare", "climb", "out", "on_scene", "back", "land", "yield", "charge", "recover", "move", "ready"].map((name) => [name, true]));

function flightAt(t) {
  $("moving").replaceChildren(...moved.map(({ name, track, marker: m }) => {
    const i = sample(track, t);
    const at = [track.lon[i], track.lat[i]];
    m?.setLngLat(at);
    keepInView(name, at);
    return element("li", {}, `${name}: ${track.height_m[i].toFixed(0)} m, ${track.speed_mps[i].toFixed(1)} m/s`);
  }));
}

function play(on) {
  playing = on && source ? requestAnimationFrame(frame) : null;
  last = null;
  $("play").setAttribute("aria-pressed", String(Boolean(playing)));
  relabel($("play"), playing ? "pause" : "play", playing ? "Pause" : "Play");
}

function frame(time) {
  if (playing === null) return;
  if (last !== null) seek(now + ((time - last) / 1000) * Math.max(LEAST, Number($("speed").value)));
  last = time;
  if (now >= source.end) {
    play(false);
    return;
  }
  playing = requestAnimationFrame(frame);
}

// Shows what is asked for, unless something else has been asked for meanwhile.
async function choose(promise) {
  wanted += 1;
  const mine = wanted;
  const found = await tell(promise);
  if (found && mine === wanted) use(found);
  return Boolean(found);
}

function use(found) {
  play(false);
  source = found;
  for (const { marker: m } of moved) m?.remove();
  for (const id of ["charts", "timeline", "phases", "moving", "open-calls", "series-chart"]) $(id).replaceChildren();
  $("recorded").hidden = true;
  $("empty").hidden = true;
  if (map) for (const id of ["flown", "predicted", "calls"]) map.getSource(id).setData(NONE);
  if (found.kind === "shift") beginShift();
  else beginFlight();
  $("title").textContent = found.title;
  $("follow").replaceChildren(element("option", { value: "" }, "nobody"), ...moved.map(({ name, label }) => element("option", { value: name }, label)));
  events.show(found.events ?? [], clock);
  Object.assign($("scrub"), { min: source.start, max: source.end, disabled: false });
  seek(source.start);
}

function say(headline, words) {
  $("empty").hidden = false;
  $("empty").replaceChildren(element("strong", {}, headline), words);
}

// What there is to replay; the newest run's typical shift is opened, or a shift that is simulated for this page.
async function openFirst(replays, about) {
  const number = replays.runs.at(-1)?.number;
  if (number !== undefined) $("source").value = shiftPath(number, "typical");
  if ($("source").value) {
    say("Opening a typical shift …", "");
    if (!(await choose(get($("source").value)))) say("This shift cannot be shown", "Choose another below, or open a flight log.");
  } else if (about.plan) {
    say("Simulating a typical shift of this plan …", "It is shown here when it is ready. Any flight log can be opened below.");
    const found = await choose(get(shiftPath(0, "typical")));
    if (!found && !source) say("No shift can be simulated yet", "Make a plan on the Plan page, or open a flight log below.");
  } else say("Nothing to replay yet", "Open a flight log below.");
}

const shiftPath = (number, kind) => `api/replay/shift?run=${number}&kind=${kind}`;

function drawSources(replays, about) {
  const runs = replays.runs.flatMap((run) => ["typical", "worst", "quiet"].map((kind) => [shiftPath(run.number, kind), `run ${run.number}, ${kind} shift`]));
  const flights = replays.flights.map((name) => [`api/replay/flight?name=${encodeURIComponent(name)}`, `flown ${name}`]);
  const sample = runs.length || !about.plan ? [] : [[shiftPath(0, "typical"), "a typical shift of this plan"], [shiftPath(0, "worst"), "a bad shift of this plan"]];
  $("source").replaceChildren(element("option", { value: "" }, "choose …"), ...[...runs, ...flights, ...sample].map(([path, words]) => element("option", { value: path }, words)));
}

function keys(event) {
  if (["SELECT", "INPUT"].includes(event.target.tagName)) return;
  const press = { " ": event.target.tagName === "BUTTON" ? null : "play", ",": "previous", ".": "next" }[event.key];
  if (!press) return;
  event.preventDefault();
  $(press).click();
}

async function main() {
  const about = await begin();
  const plan = about.plan ? await plans.begin() : null;
  map = await makeMap(plan?.centre ?? [0, 20], plan ? 14 : 1);
  if (map) {
    await loaded(map);
    const empty = { type: "geojson", data: NONE };
    for (const id of ["flown", "predicted", "calls"]) map.addSource(id, empty);
    map.addLayer({ id: "predicted", type: "line", source: "predicted", paint: { "line-color": "#0072b2", "line-width": 2.5, "line-dasharray": [3, 2] } });
    map.addLayer({ id: "flown", type: "line", source: "flown", paint: { "line-color": "#b86e00", "line-width": 3 } });
    map.addLayer({ id: "calls", type: "circle", source: "calls", paint: { "circle-radius": 11, "circle-color": ["match", ["get", "outcome"], "missed", "#a33a05", "#ffd34d"], "circle-opacity": 0.8, "circle-stroke-color": "#222", "circle-stroke-width": 1.5 } });
    base = showPlace(map, about);
    if (plan) {
      drawPlan(plans.plan());
      fit(map, plan.layers);
    }
  }
  if (plan) followStanding((standing) => {
    plans.hear(standing);
    base?.then((shown) => shown.follow(standing.base));
  });
  const replays = (await tell(get("api/replay"))) ?? { runs: [], flights: [] };
  drawSources(replays, about);
  $("source").addEventListener("change", () => $("source").value && choose(get($("source").value)));
  $("log").addEventListener("change", () => {
    const file = $("log").files?.[0];
    if (!file) return;
    if (file.size > 32 * 1024 * 1024) toast("This log is too large: choose one of at most 32 MiB.");
    else choose(upload("api/replay/log", file));
  });
  $("series").addEventListener("change", chooseSeries);
  $("play").addEventListener("click", () => play(playing === null));
  $("scrub").addEventListener("input", () => seek(Number($("scrub").value)));
  document.addEventListener("keydown", keys);
  await whenDrawn(map);
  document.body.dataset.ready = "yes";
  await openFirst(replays, about);
}

main();
