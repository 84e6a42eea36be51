import { $, begin, element, get, percent, post, seconds, tell, throttle, toast, number } from "./common.js";
import { fit, loaded, makeMap, marker, popup, show, showPlace, toggles } from "./map.js";
import { bars } from "./charts.js";

const STEP_M = 10;
const FINE_M = 1;
const METRES_PER_DEGREE = 111_320;

let state = null;
let map = null;
let markers = [];
let corners = [];
let chosen = null;
let editing = false;
let hours = null;
let opened = null;
let queue = Promise.resolve();

// Edits go one after the other: each carries the version it was made on.
// Until the answer to an edit is here, nothing on the page may still call the edited plan good.
function checking() {
  $("verdict").textContent = "Checking what you changed: not yet known whether it is a go.";
  $("verdict").className = "verdict";
}

function change(path, document_ = {}) {
  queue = queue.then(async () => {
    document.body.setAttribute("aria-busy", "true");
    checking();
    const next = await tell(post(path, { ...document_, version: state.version }));
    state = next ?? (await tell(get("/api/plan"))) ?? state;
    hours = null;
    draw();
    document.body.removeAttribute("aria-busy");
  });
  return queue;
}

const ask = throttle(60, async (site, at) => {
  const times = await tell(post("/api/plan/preview", { lat_deg: at.lat, lon_deg: at.lng }));
  if (times) drawZones(previewTimes(site, times));
});

function preview(site, at) {
  checking();
  ask(site, at);
}

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

// Zone times in the table and on the map: the plan's, a preview's while dragging, or those of an hour.
function drawZones(times) {
  const rows = state.zones.map((zone) => {
    const now = times[zone.id];
    const worse = now !== null && zone.before_s !== null && now > zone.before_s + 0.5;
    const better = now !== null && zone.before_s !== null && now < zone.before_s - 0.5;
    return element("tr", { "data-zone": zone.id }, element("td", {}, zone.name), element("td", { class: "n" }, percent(zone.share)),
      element("td", { class: `n ${better ? "better" : worse ? "worse" : ""}` }, now === null ? "not reached" : seconds(now)), element("td", { class: "n" }, seconds(zone.before_s)));
  });
  $("zones").tBodies[0].replaceChildren(...rows);
  if (!map) return;
  const timed = (collection) => ({ ...collection, features: collection.features.map((feature) => {
    const now = times[feature.properties.id];
    const words = `${feature.properties.name}\n${now === null ? "not reached" : seconds(now)}`;
    return { ...feature, properties: { ...feature.properties, overhead_s: now, words } };
  }) });
  show(map, { zones: timed(state.layers.zones), zone_names: timed(state.layers.zone_names) });
}

function draw() {
  drawZones(planTimes());
  drawPanel();
  drawHours();
  if (!map) return;
  const { zones, zone_names, ...rest } = state.layers;
  show(map, rest);
  drawSites();
  drawCorners();
}

function drawPanel() {
  for (const name of ["undo", "redo"]) {
    $(name).disabled = !state[`can_${name}`];
    $(name).title = state[name] ? `${name}: ${state[name]}` : name;
  }
  $("save").disabled = !state.changed || Boolean(state.why_not_saved);
  $("save").title = state.why_not_saved || "Write the scenario file";
  const counts = {};
  for (const finding of state.findings) counts[finding.severity] = (counts[finding.severity] ?? 0) + 1;
  const blocked = (counts.violation ?? 0) + (counts.unknown ?? 0);
  const shut = state.hours.filter((h) => !h.flyable).length;
  const hoursShut = shut ? ` ${shut} of ${state.hours.length} hours cannot be flown${state.assumed_weather ? " (assumed weather)" : ""}.` : "";
  $("verdict").textContent = `${blocked ? "NO GO" : "Nothing blocks a go"}: ${counts.violation ?? 0} violations, ${counts.unknown ?? 0} unknown, ${counts.advice ?? 0} to note.${hoursShut} Mean ${number(state.mean_s[0])} s from decision to overhead (was ${number(state.mean_s[1])} s).`;
  $("verdict").className = `verdict ${blocked ? "no" : "go"}`;
  $("wind").textContent = state.wind ? `after lift-off, wind ${number(state.wind.mps)} m/s from ${state.wind.from_deg.toFixed(0)}°` : "";
  $("docks").replaceChildren(...state.docks.map((dock) => element("li", {}, element("button", {
    "data-dock": dock.id, "aria-pressed": String(chosen === dock.id), onclick: () => choose(dock.id), onkeydown: (event) => nudge(event, dock.id),
  }, `${dock.name} · ${dock.position}`, ...(dock.why ? [element("span", { class: "worse" }, ` · reaches ${dock.reaches} of ${state.zones.length} zones: ${dock.why}`)] : [])))));
  $("coverage").tBodies[0].replaceChildren(...state.coverage.map(([limit, share, before]) => element("tr", {}, element("td", {}, `overhead within ${limit.toFixed(0)} s of the decision`),
    element("td", { class: `n ${share > before + 5e-4 ? "better" : share < before - 5e-4 ? "worse" : ""}` }, percent(share)), element("td", { class: "n" }, `was ${percent(before)}`))));
  const order = ["violation", "unknown", "advice", "ok"];
  const sorted = [...state.findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  $("findings").replaceChildren(...sorted.map((finding) => element("li", {}, element("button", { class: finding.severity, onclick: () => fly(finding) },
    `${finding.severity === "ok" ? "" : `${finding.severity}: `}${finding.message}${finding.margin_m === null ? "" : ` (margin ${finding.margin_m.toFixed(0)} m)`}`))));
}

function fly(finding) {
  if (!finding.place) {
    toast(`${finding.rule}: ${finding.fix || finding.source}`);
    return;
  }
  if (!map) return;
  const at = [finding.place.lon_deg, finding.place.lat_deg];
  map.easeTo({ center: at, zoom: Math.max(map.getZoom(), 15.5), duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 700 });
  opened?.remove();
  opened = popup(map, at, `${finding.message} ${finding.fix}`);
}

function drawSites() {
  markers.forEach((m) => m.remove());
  markers = state.layers.sites.features.map((feature) => {
    const { id, name, dock } = feature.properties;
    const made = marker(map, dock ? `dock${chosen === id ? " chosen" : ""}` : "site", feature.geometry.coordinates, { draggable: true, button: dock, title: dock ? `dock ${name}: drag it` : `candidate ${name}: drag it` });
    made.getElement().dataset.site = id;
    made.getElement().addEventListener("keydown", (event) => nudge(event, id));
    if (dock) {
      made.on("dragstart", () => choose(id, false));
      made.on("drag", () => preview(id, made.getLngLat()));
    }
    made.on("dragend", () => move(id, made.getLngLat()));
    return made;
  });
}

function choose(id, centre = true) {
  chosen = id;
  for (const button of $("docks").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.dock === id));
  for (const m of markers) m.getElement().classList.toggle("chosen", m.getElement().dataset.site === id);
  const feature = state.layers.sites.features.find((f) => f.properties.id === id);
  if (centre && map && feature && !map.getBounds().contains(feature.geometry.coordinates)) map.easeTo({ center: feature.geometry.coordinates });
}

const move = (site, at) => change("/api/plan/move", { site, lat_deg: at.lat, lon_deg: at.lng });

const settle = {};
function nudge(event, id) {
  const way = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (!way) return;
  event.preventDefault();
  const feature = state.layers.sites.features.find((f) => f.properties.id === id);
  const metres = event.shiftKey ? FINE_M : STEP_M;
  const [lon, lat] = feature.geometry.coordinates;
  const next = { lng: lon + (way[0] * metres) / (METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180)), lat: lat + (way[1] * metres) / METRES_PER_DEGREE };
  feature.geometry.coordinates = [next.lng, next.lat];
  markers.find((m) => m.getElement().dataset.site === id)?.setLngLat([next.lng, next.lat]);
  preview(id, next);
  clearTimeout(settle[id]);
  settle[id] = setTimeout(async () => {
    await move(id, next);
    document.querySelector(`[data-dock="${CSS.escape(id)}"]`)?.focus();
  }, 500);
}

function drawCorners() {
  corners.forEach((m) => m.remove());
  corners = [];
  if (!editing) return;
  const ring = state.boundary;
  ring.forEach((at, i) => {
    const made = marker(map, "corner", at, { draggable: true, button: true, title: `corner ${i + 1} of the keep-in: drag, Delete removes` });
    made.on("dragend", () => redraw(ring.with(i, [made.getLngLat().lng, made.getLngLat().lat])));
    made.getElement().addEventListener("keydown", (event) => {
      if (event.key === "Delete" && ring.length > 3) redraw(ring.toSpliced(i, 1));
    });
    const next = ring[(i + 1) % ring.length];
    const middle = marker(map, "corner middle", [(at[0] + next[0]) / 2, (at[1] + next[1]) / 2], { button: true, title: "add a corner here" });
    middle.getElement().addEventListener("click", () => redraw(ring.toSpliced(i + 1, 0, [(at[0] + next[0]) / 2, (at[1] + next[1]) / 2])));
    corners.push(made, middle);
  });
}

const redraw = (ring) => change("/api/plan/boundary", { ring });

function drawHours() {
  $("weather").textContent = state.assumed_weather ? "assumed weather, no forecast" : "";
  $("hour").max = Math.max(0, state.hours.length - 1);
  bars($("hours-chart"), state.hours.map((h, i) => ({
    share: h.share, off: !h.flyable, label: i % 12 === 0 ? h.hour.slice(5, 13).replace("T", " ") : "",
    note: `${h.hour.slice(0, 16).replace("T", " ")}: ${h.flyable ? percent(h.share) : h.limited_by}`,
  })), { title: "% of calls in time, by hour (brown: not flyable)", onPick: pickHour });
}

async function pickHour(i) {
  $("hour").value = i;
  const hour = state.hours[i];
  $("hour-words").textContent = `${hour.hour.slice(0, 16).replace("T", " ")}: wind ${number(hour.wind_mps)} m/s from ${hour.wind_from_deg.toFixed(0)}°; ${hour.flyable ? `${percent(hour.share)} of calls in time` : `not flyable: ${hour.limited_by}`}`;
  hours ??= await tell(get("/api/plan/hours"));
  const times = hours?.find((h) => h.hour === hour.hour)?.zones;
  drawZones(times ?? Object.fromEntries(state.zones.map((zone) => [zone.id, null])));
}

function keys(event) {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  event.preventDefault();
  if (event.shiftKey) $("redo").click();
  else $("undo").click();
}

async function main() {
  const about = await begin();
  if (!about.plan) {
    $("verdict").textContent = "No scenario is served: start with dfr serve --scenario NAME.";
    return;
  }
  state = await tell(get("/api/plan"));
  if (!state) return;
  drawZones(planTimes());
  drawPanel();
  drawHours();
  performance.mark("told");
  map = makeMap(state.centre);
  for (const name of ["undo", "redo", "again"]) $(name).addEventListener("click", () => change(`/api/plan/${name}`));
  $("save").addEventListener("click", async () => {
    await change("/api/plan/save");
    if (!state.changed) toast("saved");
  });
  $("fence").addEventListener("click", () => {
    editing = !editing;
    $("fence").setAttribute("aria-pressed", String(editing));
    if (map) drawCorners();
  });
  $("hour").addEventListener("input", () => pickHour(Number($("hour").value)));
  $("hour-off").addEventListener("click", () => {
    $("hour-words").textContent = "";
    drawZones(planTimes());
  });
  document.addEventListener("keydown", keys);
  if (map) {
    await loaded(map);
    draw();
    fit(map, state.layers);
    await showPlace(map, about);
    toggles(map, $("layers"));
  }
  document.body.dataset.ready = "yes";
}

main();
