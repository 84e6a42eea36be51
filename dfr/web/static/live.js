// @ts-check
import { beginAlarm, soundLoss } from "./alarm.js";
import { $, all, ask as askServer, begin, element, number, percent, post, stream, tell, toast } from "./common.js";
import { showPlace } from "./base-layers.js";
import { fit, loaded, makeMap, marker, show, whenDrawn } from "./map.js";
import { addTrails, FlownTracks } from "./flown-tracks.js";
import { makePlanState } from "./plan-state.js";
import { followStanding } from "./standing.js";

const ASK_TRACKS_EVERY_MS = 1000;

/** @type {any} */

let map = null;
/** @type {any} */
let base = null;
let chosen = 0;
/** @type {any} */
let asked = null;
let centred = false;
let drawn = 0;
/** @type {any[]} */
let traffic = [];
/** @type {any[]} */
let limits = [];
let heardAt = performance.now();
/** @type {any} */
let contact = null;
/** @type {number[]} */
let lost = [];

// The server sends five frames a second. Without one for this long, what the page shows is old.
const NO_CONTACT_MS = 1000;

const plans = makePlanState({ ask: askServer, send: post, say: toast, draw: drawPlan });
/** @type {any[]} */
let docks = [];

function drawPlan(plan) {
  limits = [["limit", plan.ceiling_m]];
  if (!map) return;
  const { findings, ...rest } = plan.layers;
  show(map, rest);
  docks.forEach((m) => m.remove());
  docks = plan.layers.sites.features.filter((f) => f.properties.dock).map((f) => marker(map, "dock seen", f.geometry.coordinates, { title: `dock ${f.properties.name}` }));
}

// The markers of the vehicles, by their number.
/** @type {any[]} */
const markers = [];
const tracks = new FlownTracks("api/live/tracks");

function homeWords(energy) {
  if (!energy) return "unknown";
  const wind = energy.wind_known ? "" : ", wind unknown";
  if (energy.may_not_return) return `may not come back in this wind (${number(energy.away_m, 0)} m away)${wind}`;
  if (energy.share === null) return "unknown";
  return `${percent(energy.share)} of the battery to get home (${number(energy.seconds, 0)} s, ${number(energy.away_m, 0)} m)${wind}`;
}

function rows(vehicle) {
  const wind = vehicle.wind ? `${number(vehicle.wind.mps)} m/s${vehicle.wind.from_deg === null ? "" : ` from ${vehicle.wind.from_deg.toFixed(0)}°`}` : "not reported";
  return [
    ["heard", `${number(vehicle.silent_s)} s ago · position ${number(vehicle.position_s)} s ago`],
    ["vehicle", `${vehicle.system} · ${vehicle.firmware}${vehicle.simulated ? " · SIMULATED" : ""}`],
    ["mode", `${vehicle.mode ?? "-"} · ${vehicle.armed === null ? "-" : vehicle.armed ? "ARMED" : "disarmed"}`],
    ["mission", `item ${vehicle.mission[0] ?? "-"} of ${vehicle.mission[1] ?? "-"} · plan on board ${vehicle.plan}`],
    ["height", `${number(vehicle.height_m)} m above home, ${number(vehicle.climb_mps)} m/s up`],
    ["speed", `${number(vehicle.speed_mps)} m/s, heading ${number(vehicle.heading_deg, 0)}°`],
    ["wind", wind],
    ["battery", `${percent(vehicle.battery)} · ${number(vehicle.battery_volt)} V`],
    ["home", homeWords(vehicle.home_energy)],
    ["satellites", String(vehicle.satellites ?? "-")],
    ["camera", `${vehicle.footprint_assumed ? "footprint assumes a 45° camera" : "gimbal reported"}${vehicle.rtsp ? ` · ${vehicle.rtsp}` : ""}`],
    ["other traffic", vehicle.traffic.length ? vehicle.traffic.map((t) => `${t.name || t.id} at ${number(t.height_m_amsl, 0)} m AMSL`).join(", ") : "none reported"],
  ];
}

const collected = (features) => ({ type: "FeatureCollection", features });
const drawnAs = (type, coordinates) => ({ type: "Feature", properties: {}, geometry: { type, coordinates } });

function drawMap(vehicles) {
  if (!map) return;
  vehicles.forEach((vehicle, number) => {
    if (!vehicle.at) return;
    const shown = (markers[number] ??= makeDrone(vehicle.at, `vehicle ${number + 1}, system ${vehicle.system}`, number + 1));
    shown.setLngLat(vehicle.at);
    shown.setRotation(vehicle.heading_deg ?? 0);
    shown.getElement().classList.toggle("stale", vehicle.stale || vehicle.position_stale);
    shown.getElement().classList.toggle("chosen", number === chosen && vehicles.length > 1);
  });
  const first = vehicles.find((vehicle) => vehicle.at);
  if (!centred && first) {
    centred = true;
    map.jumpTo({ center: first.at, zoom: Math.max(map.getZoom(), 14.5) });
  }
  map.getSource("trail").setData(tracks.trails());
  map.getSource("footprint").setData(collected(vehicles.filter((vehicle) => vehicle.footprint.length && !vehicle.stale).map((vehicle) => drawnAs("Polygon", [vehicle.footprint]))));
  traffic.forEach((m) => m.remove());
  const heard = new Map(vehicles.flatMap((vehicle) => vehicle.traffic).map((t) => [t.id, t]));
  traffic = [...heard.values()].map((t) => marker(map, "site", t.at, { title: `${t.name || t.id} ${number(t.height_m_amsl, 0)} m AMSL` }));
}

function makeDrone(at, title, number_) {
  const made = marker(map, "drone", at, { title, rotate: true });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 22 22");
  const arrow = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [k, v] of Object.entries({ d: "M11 1l8 19l-8-5l-8 5z", fill: "#b86e00", stroke: "#fff", "stroke-width": "1.8" })) arrow.setAttribute(k, v);
  svg.append(arrow);
  made.getElement().append(svg, element("span", { class: "tag" }, String(number_)));
  return made;
}

function drawHeights() {
  if (performance.now() - drawn >= 900 && tracks.drawHeights($("height-chart"), chosen, limits)) drawn = performance.now();
}

function drawControl(vehicle) {
  $("commands").hidden = !vehicle.allowed;
  $("readonly").hidden = vehicle.allowed;
  $("flight").textContent = vehicle.words;
  if (!vehicle.allowed) return;
  if ($("zone").options.length !== vehicle.zones.length) $("zone").replaceChildren(...vehicle.zones.map((zone) => element("option", { value: zone.id }, zone.name)));
  for (const button of all("[data-command=dispatch]")) button.disabled = vehicle.flying || !vehicle.zones.length;
}

const called = (vehicle, i) => `${i + 1}: ${vehicle.stale ? `LINK LOST ${number(vehicle.silent_s, 0)} s` : `${vehicle.position_stale ? "POSITION STALE, " : ""}${vehicle.mode ?? "-"}${vehicle.armed ? ", ARMED" : ""}`}`;

// A button for each of several vehicles; the buttons stay in place, so that they are easy to hit.
function drawChoice(vehicles) {
  $("vehicles").hidden = vehicles.length < 2;
  if ($("vehicles").children.length !== vehicles.length) $("vehicles").replaceChildren(...vehicles.map((_, i) => element("button", { onclick: () => choose(i) })));
  vehicles.forEach((vehicle, i) => {
    const button = $("vehicles").children[i];
    button.textContent = called(vehicle, i);
    button.setAttribute("aria-pressed", String(i === chosen));
    button.classList.toggle("danger", vehicle.stale);
  });
}

function choose(number_) {
  chosen = number_;
  drawn = 0;
  $("height-chart").replaceChildren();
  // A question belongs to its vehicle: choosing another vehicle closes it, so that no answer is a mistake.
  $("confirm").close();
  const at = markers[chosen]?.getLngLat();
  if (map && at && !map.getBounds().contains(at)) map.jumpTo({ center: at });
}

// Nothing on the page is current: all is grey, nothing can be pressed, no question is open.
function showContact(now) {
  const silentS = (performance.now() - heardAt) / 1000;
  $("no-contact-words").textContent = `No data from dfr for ${silentS.toFixed(0)} s. What you see is old.`;
  if (now === contact) return;
  contact = now;
  document.body.classList.toggle("no-contact", !now);
  $("no-contact").hidden = now;
  for (const control of all("#commands button, #commands select, #confirm button")) control.disabled = !now;
  if (now) return;
  $("confirm").close();
  asked = null;
  document.title = "NO CONTACT - dfr";
  $("link").textContent = "NO CONTACT with dfr. What you see is old.";
  $("link").className = "verdict no";
}

function verdict(vehicle) {
  if (vehicle.stale) return ["no", `LINK LOST: no message for ${number(vehicle.silent_s)} s. What you see is old.`];
  if (vehicle.position_stale) return ["old", `POSITION STALE: ${number(vehicle.position_s)} s old. The link is good.`];
  return ["go", "The link is good."];
}

function onState(state) {
  if (!state) return;
  heardAt = performance.now();
  showContact(true);
  const { vehicles } = state;
  const vehicle = vehicles[chosen];
  for (const id of ["link", "heard"]) $(id).hidden = !vehicle;
  $("empty").hidden = Boolean(vehicle);
  if (!vehicle) return;
  const [kind, words] = verdict(vehicle);
  $("link").textContent = words;
  $("link").className = `verdict ${kind}`;
  lost = vehicles.flatMap((each, i) => (each.stale ? [i + 1] : []));
  document.title = `${lost.length ? "LINK LOST" : "Live"} - dfr`;
  $("state").replaceChildren(...rows(vehicle).flatMap(([name, words]) => [element("dt", {}, name), element("dd", { "data-row": name }, words)]));
  const energy = vehicle.home_energy;
  for (const row of all("[data-row=home]", $("state"))) row.className = energy?.may_not_return || energy?.enough === false ? "worse" : "";
  $("texts").replaceChildren(...vehicle.texts.toReversed().map(([, words]) => element("li", {}, words)));
  drawChoice(vehicles);
  drawMap(vehicles);
  drawHeights();
  drawControl(vehicle);
}

async function ask(command) {
  // A dispatch is planned and checked again before the question appears; meanwhile the page says so.
  $("asking").hidden = false;
  const question = await tell(post("api/live/ask", { vehicle: chosen, command, zone: $("zone").value }));
  $("asking").hidden = true;
  if (!question || !contact) return;
  asked = { vehicle: chosen, key: question.key };
  $("confirm-words").textContent = question.words;
  $("confirm").showModal();
}

async function main() {
  const about = await begin();
  const plan = about.plan ? await plans.begin() : null;
  map = await makeMap(plan?.centre ?? [0, 20], plan ? 14 : 1);
  if (map) {
    await loaded(map);
    const empty = { type: "geojson", data: { type: "FeatureCollection", features: [] } };
    map.addSource("footprint", empty);
    map.addLayer({ id: "footprint", type: "fill", source: "footprint", paint: { "fill-color": "#ffd34d", "fill-opacity": 0.35, "fill-outline-color": "#7a5a00" } });
    addTrails(map);
    base = showPlace(map, about);
    if (plan) {
      fit(map, plan.layers);
      centred = true;
    }
  }
  if (plan) {
    drawPlan(plans.plan());
    followStanding((standing) => {
    plans.hear(standing);
    base?.then((shown) => shown.follow(standing.base));
  });
  }
  for (const button of all("[data-command]")) button.addEventListener("click", () => ask(button.dataset.command));
  $("no").addEventListener("click", () => $("confirm").close());
  $("yes").addEventListener("click", async () => {
    $("confirm").close();
    if (asked) await tell(post("api/live/confirm", asked));
    asked = null;
  });
  beginAlarm();
  heardAt = performance.now();
  stream("ws/live", onState);
  setInterval(() => tracks.follow(), ASK_TRACKS_EVERY_MS);
  setInterval(() => {
    if (performance.now() - heardAt > NO_CONTACT_MS) showContact(false);
    soundLoss(contact === false ? "contact" : lost.join(" "));
  }, 100);
  await whenDrawn(map);
  document.body.dataset.ready = "yes";
}

main();
