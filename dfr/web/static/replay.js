import { $, begin, element, get, tell, toast, upload } from "./common.js";
import { fit, loaded, makeMap, marker, show, showPlace } from "./map.js";
import { lines } from "./charts.js";

const FLYING = new Set(["climb", "out", "on_scene", "back", "land", "yield"]);
const COLOURS = { climb: "#0072b2", out: "#0072b2", on_scene: "#007a56", back: "#8e3b8f", land: "#8e3b8f", yield: "#a33a05", prepare: "#56b4e9", charge: "#999", recover: "#8c6d4f", move: "#b8860b" };
const LEAST = 0.35;

let map = null;
let plan = null;
let playing = null;
let now = 0;
let last = null;
let charts = [];
let moved = [];
let source = null;

const clamp = (x) => Math.min(Math.max(x, 0), 1);

function clock(t) {
  if (source.kind === "shift") return new Date(Date.parse(source.epoch) + t * 1000).toLocaleTimeString("en-GB", { timeZone: source.zone });
  const whole = Math.abs(Math.round(t));
  return `${t < -0.5 ? "-" : ""}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// The point at a share of a path of [lon, lat]; the legs are short enough for flat geometry.
function along(path, share) {
  const lengths = path.slice(1).map((p, i) => Math.hypot((p[0] - path[i][0]) * Math.cos((p[1] * Math.PI) / 180), p[1] - path[i][1]));
  let left = clamp(share) * lengths.reduce((a, b) => a + b, 0);
  for (let i = 0; i < lengths.length; i += 1) {
    if (left <= lengths[i] && lengths[i] > 0) return path[i].map((v, k) => v + ((path[i + 1][k] - v) * left) / lengths[i]);
    left -= lengths[i];
  }
  return path.at(-1);
}

// Position and height of a drone in a shift, from its phase.
function droneAt(drone, t) {
  const bar = source.byDrone[drone].findLast((b) => b.phase !== "yield" && b.start_s <= t && t < b.end_s);
  const dock = source.docks[bar?.dock ?? source.byDrone[drone][0].dock];
  if (!bar || !FLYING.has(bar.phase)) return { at: dock, height: 0, phase: bar?.phase ?? "ready" };
  const flight = source.flights.find((f) => f.drone === drone && f.airborne_s !== null && f.airborne_s <= t && t <= (f.landed_s ?? Infinity));
  const path = flight?.path.length > 1 ? flight.path : [dock, dock];
  const share = clamp((t - bar.start_s) / (bar.end_s - bar.start_s || 1));
  const top = source.height_m;
  return {
    climb: { at: path[0], height: share * top, phase: "climb" },
    out: { at: along(path, share), height: top, phase: "out" },
    on_scene: { at: path.at(-1), height: top, phase: "on scene" },
    back: { at: along(path, 1 - share), height: top, phase: "back" },
    land: { at: path[0], height: (1 - share) * top, phase: "land" },
  }[bar.phase];
}

function heightsOf(drone) {
  const points = [[source.start_s, 0]];
  for (const { phase, start_s, end_s } of source.byDrone[drone]) {
    if (phase === "climb") points.push([start_s, 0], [end_s, source.height_m]);
    if (phase === "land") points.push([start_s, source.height_m], [end_s, 0]);
  }
  return points.sort((a, b) => a[0] - b[0]);
}

function batteryOf(drone) {
  const points = [];
  for (const flight of source.flights.filter((f) => f.drone === drone && f.reserve !== null)) {
    points.push([flight.airborne_s, 100 * Math.min(1, flight.reserve + (flight.used ?? 0))], [flight.landed_s, 100 * flight.reserve]);
  }
  return points.sort((a, b) => a[0] - b[0]);
}

function box(id) {
  return $("charts").appendChild(element("div", { class: "chart", id }));
}

function beginShift() {
  source.byDrone = {};
  for (const bar of source.bars) (source.byDrone[bar.drone] ??= []).push(bar);
  source.start = source.start_s;
  source.end = source.end_s;
  const drones = Object.keys(source.byDrone);
  const span = { clock: true, x0: source.start, x1: source.end, onPick: seek, label: (t) => clock(t).slice(0, 5) };
  charts = [
    lines(box("height"), { ...span, title: "height", unit: "m", limits: [["limit", source.ceiling_m]], series: drones.map((d) => ({ name: d, points: heightsOf(d) })) }),
    lines(box("battery"), { ...span, title: "battery in flight", unit: "%", y1: 100, series: drones.map((d) => ({ name: d, points: batteryOf(d) })) }),
    lines(box("wind"), { ...span, title: "wind at 10 m", unit: "m/s", series: [{ name: "wind", points: source.wind.filter(([t]) => t >= source.start - 3600 && t <= source.end) }] }),
  ];
  $("legend").textContent = "Positions between recorded events are interpolated along the planned routes.";
  moved = drones.map((d) => ({ drone: d, marker: map && droneMarker(source.docks[source.byDrone[d][0].dock], d) }));
}

function beginFlight() {
  const { flown, predicted } = source;
  source.start = Math.min(flown.t_s[0], 0);
  source.end = flown.t_s.at(-1);
  const pairs = (track, key) => track.t_s.map((t, i) => [t, track[key][i]]);
  const both = (key) => [...(predicted ? [{ name: "predicted", points: pairs(predicted, key), dash: "5 3" }] : []), { name: "flown", points: pairs(flown, key), c: 1 }];
  const limits = source.ceiling_m === null ? [] : [["limit", source.ceiling_m]];
  const away = (track) => track.t_s.map((t, i) => [t, Math.hypot((track.lon[i] - source.home[0]) * Math.cos((source.home[1] * Math.PI) / 180), track.lat[i] - source.home[1]) * 111_320]);
  const distance = [...(predicted ? [{ name: "predicted", points: away(predicted), dash: "5 3" }] : []), { name: "flown", points: away(flown), c: 1 }];
  const span = { clock: true, onPick: seek, label: clock, x0: source.start, x1: source.end };
  charts = [
    lines(box("height"), { ...span, title: "height above home", unit: "m", limits, series: both("height_m") }),
    lines(box("distance"), { ...span, title: "distance from home", unit: "m", series: distance }),
    ...[["battery", "%", 100], ["wind", "m/s"]].filter(([name]) => source.gauges?.[name].length > 1).map(([name, unit, y1]) => lines(box(name), { ...span, title: name === "wind" ? "wind (the vehicle's estimate)" : name, unit, y1, series: [{ name, points: source.gauges[name], c: 1 }] })),
    lines(box("groundspeed"), { ...span, title: "ground speed", unit: "m/s", series: both("speed_mps") }),
  ];
  $("legend").textContent = predicted ? "Blue, dashed: predicted. Orange: flown." : "Flown, as logged.";
  moved = (predicted ? ["predicted", "flown"] : ["flown"]).map((which) => ({ track: source[which], marker: map && droneMarker(source.home, which) }));
  if (map) {
    const path = (track) => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: track.t_s.map((_, i) => [track.lon[i], track.lat[i]]) } });
    map.getSource("flown").setData({ type: "FeatureCollection", features: [path(flown)] });
    map.getSource("predicted").setData({ type: "FeatureCollection", features: predicted ? [path(predicted)] : [] });
    fit(map, { path: { features: [path(flown)] } }, ["path"]);
  }
}

function droneMarker(at, name) {
  const made = marker(map, "drone", at, { title: name });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 22 22");
  const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  for (const [k, v] of Object.entries({ cx: 11, cy: 11, r: 8, fill: "#0072b2", stroke: "#fff", "stroke-width": 2.5 })) dot.setAttribute(k, v);
  svg.append(dot);
  made.getElement().append(svg);
  made.dot = dot;
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
  $("scrub").value = now;
  $("scrub").setAttribute("aria-valuetext", clock(now));
  $("clock").textContent = clock(now);
  for (const chart of charts) chart.cursor(now);
  if (source.kind === "shift") shiftAt(now);
  else flightAt(now);
}

function shiftAt(t) {
  const lines_ = moved.map(({ drone, marker: m }) => {
    const found = droneAt(drone, t);
    m?.setLngLat(found.at);
    m?.dot.setAttribute("fill", COLOURS[found.phase.replace(" ", "_")] ?? "#56606b");
    return `${drone}: ${found.phase}, ${found.height.toFixed(0)} m`;
  });
  const open = source.calls.filter((c) => c.call_s <= t && t <= c.ended_s);
  if (map) map.getSource("calls").setData({ type: "FeatureCollection", features: open.map((c) => ({ type: "Feature", properties: { outcome: c.outcome }, geometry: { type: "Point", coordinates: c.at } })) });
  const holds = source.holds.filter((span) => span.start_s <= t && t < span.end_s).map(({ label }) => `docks closed: ${label}`);
  const visits = source.visits.filter((span) => span.start_s <= t && t < span.end_s).map(({ label }) => `other traffic: ${label}`);
  const calls = open.map((c) => `call ${c.call} (${c.grade}, ${c.zone}): ${c.overhead_s !== null && c.overhead_s <= t ? "drone overhead" : c.outcome === "missed" ? `will be missed: ${c.reason}` : "waiting"}`);
  $("events").replaceChildren(...[...lines_, ...holds, ...visits, ...calls].map((words) => element("li", {}, words)));
}

function flightAt(t) {
  const words = moved.map(({ track, marker: m }) => {
    const i = sample(track, t);
    m?.setLngLat([track.lon[i], track.lat[i]]);
    m?.dot.setAttribute("fill", track === source.flown ? "#b86e00" : "#0072b2");
    return `${track === source.flown ? "flown" : "predicted"}: ${track.height_m[i].toFixed(0)} m, ${track.speed_mps[i].toFixed(1)} m/s`;
  });
  $("events").replaceChildren(...words.map((w) => element("li", {}, w)));
}

function play(on) {
  playing = on && source ? requestAnimationFrame(frame) : null;
  last = null;
  $("play").setAttribute("aria-pressed", String(Boolean(playing)));
  $("play").textContent = playing ? "Pause" : "Play";
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

function use(found) {
  if (!found) return;
  play(false);
  source = found;
  for (const { marker: m } of moved) m?.remove();
  $("charts").replaceChildren();
  if (map) for (const id of ["flown", "predicted", "calls"]) map.getSource(id).setData({ type: "FeatureCollection", features: [] });
  if (found.kind === "shift") beginShift();
  else beginFlight();
  $("title").textContent = found.title;
  Object.assign($("scrub"), { min: source.start, max: source.end, disabled: false });
  seek(source.start);
}

function drawSources(replays) {
  const runs = replays.runs.flatMap((run) => ["typical", "worst", "quiet"].map((kind) => [`api/replay/shift?run=${run.number}&kind=${kind}`, `run ${run.number}, ${kind} shift`]));
  const flights = replays.flights.map((name) => [`api/replay/flight?name=${encodeURIComponent(name)}`, `flown ${name}`]);
  $("source").replaceChildren(element("option", { value: "" }, "choose …"), ...[...runs, ...flights].map(([path, words]) => element("option", { value: path }, words)));
}

function keys(event) {
  if (event.key === " " && !["BUTTON", "SELECT", "INPUT"].includes(event.target.tagName)) {
    event.preventDefault();
    $("play").click();
  }
}

async function main() {
  const about = await begin();
  if (about.plan) plan = await tell(get("api/plan"));
  map = makeMap(plan?.centre ?? [0, 20], plan ? 14 : 1);
  if (map) {
    await loaded(map);
    const empty = { type: "geojson", data: { type: "FeatureCollection", features: [] } };
    for (const id of ["flown", "predicted", "calls"]) map.addSource(id, empty);
    map.addLayer({ id: "predicted", type: "line", source: "predicted", paint: { "line-color": "#0072b2", "line-width": 2.5, "line-dasharray": [3, 2] } });
    map.addLayer({ id: "flown", type: "line", source: "flown", paint: { "line-color": "#b86e00", "line-width": 3 } });
    map.addLayer({ id: "calls", type: "circle", source: "calls", paint: { "circle-radius": 11, "circle-color": ["match", ["get", "outcome"], "missed", "#a33a05", "#ffd34d"], "circle-opacity": 0.8, "circle-stroke-color": "#222", "circle-stroke-width": 1.5 } });
    showPlace(map, about);
    if (plan) {
      const { routes, findings, ...rest } = plan.layers;
      show(map, rest);
      fit(map, plan.layers);
      for (const feature of plan.layers.sites.features) if (feature.properties.dock) marker(map, "dock seen", feature.geometry.coordinates, { title: `dock ${feature.properties.name}` });
    }
  }
  drawSources((await tell(get("api/replay"))) ?? { runs: [], flights: [] });
  $("source").addEventListener("change", async () => $("source").value && use(await tell(get($("source").value))));
  $("log").addEventListener("change", async () => {
    const file = $("log").files[0];
    if (!file) return;
    if (file.size > 32 * 1024 * 1024) toast("This log is too large: choose one of at most 32 MiB.");
    else use(await tell(upload("api/replay/log", file)));
  });
  $("play").addEventListener("click", () => play(playing === null));
  $("scrub").addEventListener("input", () => seek(Number($("scrub").value)));
  document.addEventListener("keydown", keys);
  document.body.dataset.ready = "yes";
}

main();
