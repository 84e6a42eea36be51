// @ts-check
// The Operate page: calls, drones and alerts of a live shift, and what people ask of it.

/** @typedef {import("./operate-board.js").Alert & { drone: string }} Alert */
/** @typedef {import("./operate-board.js").Call & { text: string, at: [number, number] | null }} Call */
/** @typedef {import("./operate-board.js").Drone & { at: [number, number] | null }} Drone */
/** @typedef {{ key: string, words: string, by: string }} Question */
/** @typedef {{ you: { name: string, role: string }, simulated: boolean, held: string, ended: boolean, stalled: boolean, crew: { in_use: number, allowed: number }, alerts: Alert[], calls: Call[], drones: Drone[], questions: Question[], traffic: { id: string, inbound: boolean }[] }} Board */

import { beginAlarm, soundAlert, soundLoss } from "./alarm.js";
import { $, beginLook, element, first, get, percent, post, tell } from "./common.js";
import { fit, loaded, makeMap, marker, show } from "./map.js";
import { callWords, contactWords, heldWords, linkWords, offerWords, onwardWords, soundLevel, stateWords } from "./operate-board.js";
import { beginVideo, hasVideo, toggleVideo } from "./operate-video.js";

const ASK_EVERY_MS = 500;

/** @type {any} */
let map = null;
/** @type {Board} */
let board = /** @type {any} */ (null);
let heardAt = performance.now();
let looks = 0;
let drawnLook = 0;
/** @type {any} */
let asked = null;
/** @type {Map<string, any>} */
const drones = new Map();
/** @type {any[]} */
let calls = [];

// Nobody can ask anything of a shift that is over.
const role = () => (board?.ended ? "viewer" : board?.you.role);
const may = (...roles) => roles.includes(role());
const isPilot = () => may("pilot", "lead");

// Draw again only what has changed by its `key`, so that a button under the pointer stays where it is.
const drawnAs = new Map();
function redraw(id, items, key, make) {
  const text = JSON.stringify([board.you, role(), items.map(key)]);
  if (drawnAs.get(id) === text) return;
  drawnAs.set(id, text);
  $(id).replaceChildren(...items.map(make));
}

const button = (words, act, attributes = {}) => element("button", { type: "button", onclick: act, ...attributes }, words);

async function askFor(command) {
  asked = await tell(post("api/ask", command));
  if (!asked) return;
  $("confirm-words").textContent = asked.words + (asked.second ? " A safety pilot must say yes too." : "");
  $("confirm").showModal();
}

async function confirmKey(key) {
  const answer = await tell(post("api/confirm", { key }));
  if (answer) await look();
}

function drawAlerts() {
  redraw("alerts", board.alerts, ({ alert, words, acknowledged }) => [alert, words, acknowledged], (alert) => element("li", { class: `${alert.level}${alert.acknowledged ? " acknowledged" : ""}` }, `${alert.level.toUpperCase()}: ${alert.words}`, alert.acknowledged ? element("span", {}, alert.acknowledged) : may("viewer") ? "" : button("OK", () => tell(post("api/acknowledge", { alert: alert.alert })))));
}

function drawQuestions() {
  redraw("questions", board.questions, ({ key }) => key, (question) => element("li", {}, element("p", {}, `${question.by} asks: ${question.words}`), board.you.name !== question.by && !may("viewer") ? button("Yes", () => confirmKey(question.key), { class: "danger" }) : ""));
  $("second").hidden = !board.questions.length;
}

function drawCalls() {
  const key = (call) => [callWords(call), call.text, call.waits_for, call.blocked, call.offers.map(offerWords), call.onward.map(onwardWords), call.drones];
  redraw("calls", board.calls, key, (call) => {
    const waits = call.state !== "ended";
    const offers = call.offers.map((offer) => element("div", { class: "row" }, element("span", {}, offerWords(offer)), offer.drone && isPilot() ? button("Send", () => askFor({ command: "dispatch", call: call.call, drone: offer.drone })) : ""));
    const onward = call.onward.map((offer) => element("div", { class: "row" }, element("span", {}, onwardWords(offer)), !offer.blocked && isPilot() ? button("Send on", () => askFor({ command: "retask", call: call.call, drone: offer.drone })) : ""));
    return element("li", { class: call.state, "data-call": call.call }, element("p", {}, element("strong", {}, `${call.call}`), ` ${callWords(call)}`), element("p", {}, call.text), call.waits_for ? element("p", {}, `waits for ${call.waits_for}`) : "", call.blocked ? element("p", {}, `Blocked: ${call.blocked}`) : "", ...offers, ...onward, call.drones.length ? element("p", {}, `out: ${call.drones.join(", ")}`) : "", waits && isPilot() && !call.drones.length ? button("Close", () => askFor({ command: "close", call: call.call }), { class: "plain" }) : "");
  });
}

function drawFleet() {
  redraw("fleet", board.drones, (drone) => [drone.drone, drone.phase, stateWords(drone), percent(drone.battery), linkWords(drone), hasVideo(drone.drone)], (drone) => {
    const flies = drone.phase !== "" && isPilot();
    return element("tr", { "data-drone": drone.drone }, element("td", {}, drone.drone), element("td", {}, stateWords(drone)), element("td", {}, percent(drone.battery)), element("td", {}, linkWords(drone)), element("td", {}, flies ? button("Return", () => askFor({ command: "recall", drone: drone.drone })) : "", flies ? button("Land", () => askFor({ command: "land", drone: drone.drone }), { class: "danger" }) : "", hasVideo(drone.drone) ? button("Picture", () => toggleVideo(drone.drone), { class: "plain" }) : ""));
  });
}

function drawTraffic() {
  redraw("traffic", board.traffic, (user) => user, (user) => (may("viewer") ? element("span", {}, `${user.id}${user.inbound ? " INBOUND" : ""}`) : user.inbound ? button(`${user.id} is gone`, () => askFor({ command: "clear", traffic: user.id })) : button(`${user.id} inbound`, () => tell(post("api/inbound", { traffic: user.id })))));
}

function drawMap() {
  if (!map) return;
  for (const drone of board.drones.filter((each) => each.at)) {
    if (!drones.has(drone.drone)) {
      drones.set(drone.drone, marker(map, "drone-marker", drone.at, { title: drone.drone }));
      drones.get(drone.drone).getElement().textContent = drone.drone;
    }
    const shown = drones.get(drone.drone);
    shown.setLngLat(drone.at);
    shown.getElement().classList.toggle("stale", !drone.link.heard || drone.position_stale);
  }
  calls.forEach((each) => each.remove());
  calls = board.calls.filter((call) => call.at && call.state !== "ended").map((call) => {
    const shown = marker(map, "call-marker", call.at, { title: `call ${call.call}` });
    shown.getElement().textContent = String(call.call);
    return shown;
  });
}

function draw() {
  $("you").textContent = `${board.you.name} (${board.you.role})${board.simulated ? " · SIMULATED vehicles" : ""} · crew ${board.crew.in_use} of ${board.crew.allowed}`;
  $("held").textContent = heldWords(board);
  $("held").classList.toggle("hint", !board.ended);
  $("report").hidden = !isPilot();
  $("ending").hidden = !may("lead");
  drawAlerts();
  drawQuestions();
  drawCalls();
  drawFleet();
  drawTraffic();
  drawMap();
}

async function look() {
  if (board?.ended) return;
  const number = ++looks;
  try {
    const heard = await get("api/board");
    // A slow answer that a later one has overtaken is older than what is shown.
    if (number < drawnLook) return;
    drawnLook = number;
    heardAt = performance.now();
    if (heard.drones) {
      board = heard;
      draw();
    }
  } catch (error) {
    $("no-contact-words").textContent = error instanceof Error ? error.message : String(error);
  }
}

function watchContact() {
  const words = contactWords(heardAt, performance.now(), board);
  $("no-contact").hidden = words === "";
  if (words) $("no-contact-words").textContent = words;
  document.body.classList.toggle("no-contact", words !== "");
  // What is old can neither be pressed nor answered; a question goes on once contact is back, while it is valid.
  first("main")?.toggleAttribute("inert", words !== "");
  soundLoss(words ? "contact" : "");
  if (!words && !board?.ended) soundAlert(soundLevel(board?.alerts ?? []));
  document.title = words ? "NO CONTACT - dfr" : board?.ended ? "Shift ended - dfr" : "Operate - dfr";
}

function placeCall({ lng, lat }) {
  $("lat").value = lat.toFixed(6);
  $("lon").value = lng.toFixed(6);
  $("text").focus();
}

async function report(event) {
  event.preventDefault();
  const now = new Date().toISOString();
  const call = { agency: board.you.name, id: `${now.slice(11, 23)} UTC`, updated_at: now, grade: $("grade").value, text: $("text").value, position: { lat_deg: Number($("lat").value), lon_deg: Number($("lon").value), datum: "WGS84" } };
  if (await tell(post("api/calls", call))) {
    for (const id of ["lat", "lon", "text"]) $(id).value = "";
    await look();
  }
}

async function start() {
  beginLook();
  $("yes").addEventListener("click", () => {
    $("confirm").close();
    confirmKey(asked.key);
  });
  $("no").addEventListener("click", () => $("confirm").close());
  $("report").addEventListener("submit", report);
  $("end").addEventListener("click", () => askFor({ command: "end" }));
  beginAlarm();
  setInterval(look, ASK_EVERY_MS);
  setInterval(watchContact, ASK_EVERY_MS);
  /** @type {any} */
  const place = await tell(get("api/place"));
  document.body.dataset.ready = "yes";
  if (!place) return;
  $("place").textContent = place.title;
  beginVideo(place.video);
  $("grade").append(...place.grades.map((grade) => element("option", {}, grade)));
  map = await makeMap(place.centre);
  if (!map) return;
  await loaded(map);
  show(map, place.layers);
  fit(map, place.layers);
  map.on("click", (event) => placeCall(event.lngLat));
}

start();
