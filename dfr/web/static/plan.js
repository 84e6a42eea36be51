import { $, begin, element, get, percent, post, seconds, tell, throttle, toast, number } from "./common.js";
import { fit, loaded, makeMap, show, showPlace, toggles } from "./map.js";
import { describeOnClick, flyTo, listDescriptions } from "./descriptions.js";
import { focusKept, makeEditor } from "./edit.js";
import { bars } from "./charts.js";

let state = null;
let map = null;
let hours = null;
let queue = Promise.resolve();

// Edits are sent one after the other; each carries the version of the plan it was made on.
// Until an edit is answered, nothing on the page may call the edited plan good.
function checking() {
  $("verdict").textContent = "Checking your change. It is not yet known whether this plan is a go.";
  $("verdict").className = "verdict";
}

function change(path, document_ = {}) {
  queue = queue.then(async () => {
    document.body.setAttribute("aria-busy", "true");
    checking();
    const next = await tell(post(path, { ...document_, version: state.version }));
    state = next ?? (await tell(get("api/plan"))) ?? state;
    hours = null;
    focusKept(draw);
    document.body.removeAttribute("aria-busy");
  });
  return queue;
}

const ask = throttle(60, async (site, at) => {
  const times = await tell(post("api/plan/preview", { lat_deg: at.lat, lon_deg: at.lng }));
  if (times) drawZones(previewTimes(site, times));
});

function preview(site, at) {
  checking();
  ask(site, at);
}

const editor = makeEditor({ plan: () => state, change, preview });

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

// Zone times in the table and on the map: those of the plan, of a preview while dragging, or of one hour.
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
  editor.draw();
  if (!map) return;
  const { zones, zone_names, ...rest } = state.layers;
  show(map, rest);
}

function drawPanel() {
  for (const name of ["undo", "redo"]) {
    $(name).disabled = !state[`can_${name}`];
    $(name).title = state[name] ? `${name}: ${state[name]}` : name;
  }
  $("save").disabled = !state.changed || Boolean(state.why_not_saved);
  $("save").title = state.why_not_saved || "Write the scenario file";
  const judged = state.verdict;
  const [headline, ...rest] = judged.lines;
  $("verdict").replaceChildren(element("strong", {}, headline), element("br"), rest.join(" "), element("br"),
    `${state.counted}. Mean ${number(state.mean_s[0])} s from decision to overhead (was ${number(state.mean_s[1])} s).`);
  $("verdict").className = `verdict ${judged.verdict === "GO" ? "go" : "no"}`;
  $("wind").textContent = state.wind ? `from lift-off, in a wind of ${number(state.wind.mps)} m/s from ${state.wind.from_deg.toFixed(0)}°` : "";
  $("coverage").tBodies[0].replaceChildren(...state.coverage.map(([limit, share, before]) => element("tr", {}, element("td", {}, `overhead within ${limit.toFixed(0)} s of the decision`),
    element("td", { class: `n ${share > before + 5e-4 ? "better" : share < before - 5e-4 ? "worse" : ""}` }, percent(share)), element("td", { class: "n" }, `before ${percent(before)}`))));
  $("findings").replaceChildren(...state.findings.map((finding) => element("li", {}, element("button", { class: finding.severity, onclick: () => fly(finding) },
    `${finding.severity === "ok" ? "" : `${finding.severity}: `}${finding.message}${finding.margin_m === null ? "" : ` (margin ${finding.margin_m.toFixed(0)} m)`}`))));
}

function fly(finding) {
  if (!finding.place) toast(`${finding.rule}: ${finding.fix || finding.source}`);
  else if (map) flyTo(map, [finding.place.lon_deg, finding.place.lat_deg], `${finding.message} ${finding.fix}`);
}

function drawHours() {
  $("weather").textContent = state.assumed_weather ? "assumed weather, no forecast" : "";
  $("hour").max = Math.max(0, state.hours.length - 1);
  bars($("hours-chart"), state.hours.map((h, i) => ({
    share: h.share, off: !h.flyable, label: i % 12 === 0 ? h.hour.slice(5, 13).replace("T", " ") : "",
    note: `${h.hour.slice(0, 16).replace("T", " ")}: ${h.flyable ? percent(h.share) : h.limited_by}`,
  })), { title: "% of calls in time, by hour (brown: cannot be flown)", onPick: pickHour });
}

async function pickHour(i) {
  $("hour").value = i;
  const hour = state.hours[i];
  $("hour-words").textContent = `${hour.hour.slice(0, 16).replace("T", " ")}: wind ${number(hour.wind_mps)} m/s from ${hour.wind_from_deg.toFixed(0)}°; ${hour.flyable ? `${percent(hour.share)} of calls in time` : `cannot be flown: ${hour.limited_by}`}`;
  hours ??= await tell(get("api/plan/hours"));
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
    $("verdict").textContent = about.problem ?? "No scenario is loaded. Start dfr serve --scenario NAME.";
    return;
  }
  state = await tell(get("api/plan"));
  if (!state) return;
  drawZones(planTimes());
  drawPanel();
  drawHours();
  editor.draw();
  performance.mark("figures");
  map = makeMap(state.centre);
  for (const name of ["undo", "redo", "again"]) $(name).addEventListener("click", () => change(`api/plan/${name}`));
  $("save").addEventListener("click", async () => {
    await change("api/plan/save");
    if (!state.changed) toast("Saved.");
  });
  $("fence").addEventListener("click", editor.toggleCorners);
  $("hour").addEventListener("input", () => pickHour(Number($("hour").value)));
  $("hour-off").addEventListener("click", () => {
    $("hour-words").textContent = "";
    drawZones(planTimes());
  });
  document.addEventListener("keydown", keys);
  if (map) {
    await loaded(map);
    editor.on(map);
    draw();
    fit(map, state.layers);
    await showPlace(map, about);
    toggles(map, $("layers"));
    describeOnClick(map);
    listDescriptions(map, $("descriptions"));
  }
  document.body.dataset.ready = "yes";
}

main();
