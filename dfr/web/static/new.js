// @ts-check
// New deployment: what only a person can say. What a place says of itself is filled in where it is seen.

import { $, beginLook, element, first, get, post, tell, wordsOf } from "./common.js";

const DIGITS = 6;

/** @type {any} */

let choices = null;
/** @type {any} */
let place = null;
let zoneIsOurs = false;
let countryIsOurs = false;

function refuse(words) {
  $("problem").textContent = words;
  $("problem").hidden = words === "";
  if (words) $("problem").scrollIntoView({ block: "nearest" });
}

const nameOf = (code) => choices.countries.find((country) => country.code === code)?.name ?? code;

function words(found) {
  const at = `${found.lat_deg.toFixed(DIGITS)}, ${found.lon_deg.toFixed(DIGITS)}`;
  const within = found.within_m === null || found.within_m < 1 ? "" : `good to ${Math.ceil(found.within_m)} m`;
  return [found.label, at, found.os_grid, within, found.zone, found.countries.map(nameOf).join(", ")].filter(Boolean).join(" · ");
}

// The clock and the country of a place are filled in unless a person wrote others.
function choose(found) {
  place = found;
  if (zoneIsOurs || !$("zone").value) {
    $("zone").value = found.zone ?? "";
    zoneIsOurs = true;
  }
  if (countryIsOurs || !$("country").value) {
    $("country").value = found.countries.length === 1 ? found.countries[0] : "";
    countryIsOurs = true;
  }
  drawRules();
  drawZone();
}

function drawRules() {
  const country = choices.countries.find(({ code }) => code === $("country").value);
  if (!country) $("rules").textContent = place ? "The place does not say its country: choose it." : "";
  else if (!country.rules) $("rules").textContent = `No rules of ${country.name} are loaded, so no plan there is a GO.`;
  else $("rules").textContent = `Rules: ${country.rules}.${countryIsOurs ? " By the clock of the place: correct it if it is wrong." : ""}`;
}

function drawZone() {
  const given = $("zone").value;
  if (!place) $("zone-words").textContent = "";
  else if (!place.zone) $("zone-words").textContent = "The place does not say its time zone: write it.";
  else $("zone-words").textContent = given === place.zone ? "The time zone of the place." : `The place is on the clock of ${place.zone}.`;
}

async function find() {
  refuse("");
  place = null;
  $("found").replaceChildren(element("p", { class: "hint" }, "Looking the place up …"));
  const text = $("where").value;
  try {
    const found = await post("api/home/places", { text });
    if ($("where").value !== text) return;
    $("found").replaceChildren(...found.map((item, i) => element("label", { class: "check" }, element("input", { type: "radio", name: "found", value: i, checked: found.length === 1, onchange: () => choose(item) }), words(item))));
    if (found.length === 1) choose(found[0]);
  } catch (error) {
    $("found").replaceChildren(element("p", { class: "problem", role: "alert" }, wordsOf(error)));
  }
}

function drawLimits(table, hardware) {
  const row = ({ words: name, value, unit, source, bar }) => {
    const shown = value === null ? "unknown" : `${typeof value === "number" ? value.toLocaleString("en-GB") : value} ${unit === "degC" ? "°C" : unit}`;
    const meter = bar && value !== null ? element("meter", { min: 0, max: bar, value, "aria-hidden": "true" }) : "";
    return element("tr", {}, element("th", { scope: "row" }, name), element("td", { class: "n" }, shown), element("td", {}, meter), element("td", { class: "hint" }, source));
  };
  const ip = element("tr", {}, element("th", { scope: "row" }, "Protection against dust and water"), element("td", { class: "n" }, hardware.ip || "unknown"), element("td"), element("td"));
  $(table).replaceChildren(element("tbody", {}, ...hardware.limits.map(row), ip));
}

function offer(list, name, table, initial) {
  $(name).replaceChildren(...list.map(({ key, name: shown }) => element("option", { value: key, selected: key === initial }, shown)));
  const draw = () => drawLimits(table, list.find(({ key }) => key === $(name).value));
  $(name).addEventListener("change", draw);
  draw();
}

function drawChoices() {
  $("names-hint").hidden = !choices.has_names;
  $("country").append(...choices.countries.map(({ code, name }) => element("option", { value: code }, name)));
  $("zones").append(...choices.zones.map((zone) => element("option", { value: zone })));
  $("operations").append(...choices.operations.map(({ key, words: shown }) => element("label", { class: "check" }, element("input", { type: "radio", name: "operation", value: key, required: true, onchange: boundRadius }), shown)));
  offer(choices.drones, "drone", "drone-limits", "dji-m3td");
  offer(choices.docks, "dock", "dock-limits", "dji-dock-2");
  boundRadius();
}

const operation = () => first("input[name=operation]:checked")?.value ?? "";

function boundRadius() {
  const { least, vlos, bvlos } = choices.radius_m;
  Object.assign($("radius"), { min: least, max: operation() === "BVLOS" ? bvlos : vlos });
}

const optional = (id) => $(id).value.trim() || null;

function document_() {
  const ground = $("ground").value;
  return {
    title: $("title").value,
    place: `${place.lat_deg}, ${place.lon_deg}`,
    first_day: $("first").value,
    last_day: $("last").value,
    hours: `${$("opens").value}:00-${$("closes").value}:00`,
    zone: $("zone").value,
    country: $("country").value,
    operation: operation(),
    drone: $("drone").value,
    dock: $("dock").value,
    docks: Number($("docks").value),
    radius_m: Number($("radius").value),
    ground_m_amsl: ground === "" ? null : Number(ground),
    authorisation: optional("authorisation"),
    no_crowd: $("no-crowd").checked,
    said_by: optional("said-by"),
  };
}

async function create(event) {
  event.preventDefault();
  refuse("");
  if (!place) await find();
  if (!place) {
    refuse($("found").querySelector("input") ? "Choose one of the places found." : $("found").textContent);
    return;
  }
  $("create").disabled = true;
  try {
    location.assign(`d/${(await post("api/home/new", document_())).slug}/plan`);
  } catch (error) {
    refuse(wordsOf(error));
    $("create").disabled = false;
  }
}

async function main() {
  beginLook();
  choices = await tell(get("api/home/choices"));
  if (!choices) return;
  drawChoices();
  $("find").addEventListener("click", find);
  $("where").addEventListener("change", find);
  $("where").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    find();
  });
  $("country").addEventListener("change", () => {
    countryIsOurs = false;
    drawRules();
  });
  $("zone").addEventListener("input", () => {
    zoneIsOurs = false;
    drawZone();
  });
  $("first").addEventListener("change", () => {
    $("last").min = $("first").value;
    if ($("last").value < $("first").value) $("last").value = $("first").value;
  });
  $("no-crowd").addEventListener("change", () => ($("said-by").required = $("no-crowd").checked));
  $("form").addEventListener("submit", create);
  document.body.dataset.ready = "yes";
}

main();
