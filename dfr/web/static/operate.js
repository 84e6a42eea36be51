// @ts-check
// The Operate page: calls, drones and alerts of a live shift, and what people ask of it.

/** @typedef {import("./operate-board.js").Alert & { drone: string }} Alert */
/** @typedef {import("./operate-board.js").Call & { text: string, at: [number, number] | null }} Call */
/** @typedef {import("./operate-board.js").Drone & { at: [number, number] | null }} Drone */
/** @typedef {{ key: string, words: string, by: string }} Question */
/** @typedef {{ you: { name: string, role: string }, simulated: boolean, held: string, second_yes: boolean, ended: boolean, stalled: boolean, crew: { in_use: number, allowed: number }, alerts: Alert[], calls: Call[], drones: Drone[], questions: Question[], traffic: { id: string, inbound: boolean }[] }} Board */

import { beginAlarm, soundAlert, soundLoss } from "./alarm.js";
import { $, beginLook, element, first, get, percent, post, RefusedError, tell } from "./common.js";
import { fit, loaded, makeMap, marker, show } from "./map.js";
import { addTrails, FlownTracks } from "./flown-tracks.js";
import { approvalWords, callWords, contactWords, flightWords, heldWords, linkWords, offerWords, onwardWords, ORDERS, soundLevel, stateWords } from "./operate-board.js";
import { beginVideo, hasVideo, toggleVideo } from "./operate-video.js";

const ASK_EVERY_MS = 250;
const WATCH_EVERY_MS = 100;
const TRACKS_EVERY_MS = 1000;
// Of a line that has gone deaf nobody hears: an answer that takes longer is given up, and asked for on another.
const BOARD_WITHIN_MS = 2000;
const COMMAND_WITHIN_MS = 30_000;
const MOST_ASKED = 4;

/** @type {any} */
let map = null;
/** @type {Board} */
let board = /** @type {any} */ (null);
let heardAt = performance.now();
let looks = 0;
let unanswered = 0;
let refused = "";
let drawnLook = 0;
/** @type {any} */
let asked = null;
/** @type {Map<string, any>} */
const drones = new Map();
/** @type {any[]} */
let calls = [];
/** @type {[string, number][]} */
let limits = [];
const tracks = new FlownTracks("api/tracks");

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
  asked = await tell(post("api/ask", command, COMMAND_WITHIN_MS));
  if (!asked) return;
  $("confirm-words").textContent = asked.words + (asked.second ? " A safety pilot must say yes too." : "");
  $("confirm").showModal();
}

async function confirmKey(key) {
  const answer = await tell(post("api/confirm", { key }, COMMAND_WITHIN_MS));
  if (answer) await look();
}

function drawAlerts() {
  redraw("alerts", board.alerts, ({ alert, words, acknowledged }) => [alert, words, acknowledged], (alert) => element("li", { class: `${alert.level}${alert.acknowledged ? " acknowledged" : ""}` }, `${alert.level.toUpperCase()}: ${alert.words}`, alert.acknowledged ? element("span", {}, alert.acknowledged) : may("viewer") ? "" : button("OK", () => tell(post("api/acknowledge", { alert: alert.alert }, COMMAND_WITHIN_MS)))));
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

// The drones that are out, and what each can be told at once.
function drawOut() {
  const out = board.drones.filter((drone) => drone.phase);
  $("at-once").hidden = !out.length;
  redraw("out", out, (drone) => [drone.drone, flightWords(drone), drone.orders], (drone) => {
    const orders = isPilot() ? Object.keys(ORDERS).filter((order) => drone.orders.includes(order)) : [];
    const buttons = orders.map((command) => button(ORDERS[command], () => askFor({ command, drone: drone.drone }), command === "land" ? { class: "danger" } : {}));
    return element("li", { "data-out": drone.drone }, element("p", {}, element("strong", {}, drone.drone), ` ${flightWords(drone)}`), element("div", { class: "row" }, ...buttons));
  });
}

function drawFleet() {
  redraw("fleet", board.drones, (drone) => [drone.drone, stateWords(drone), percent(drone.battery), linkWords(drone), hasVideo(drone.drone)], (drone) =>
    element("tr", { "data-drone": drone.drone }, element("td", {}, drone.drone), element("td", {}, stateWords(drone)), element("td", {}, percent(drone.battery)), element("td", {}, linkWords(drone)), element("td", {}, hasVideo(drone.drone) ? button("Picture", () => toggleVideo(drone.drone), { class: "plain" }) : "")));
}

// The heights of the drone that was chosen; of the first one that is out, as long as nobody has.
async function drawTracks() {
  if (!board || document.body.classList.contains("no-contact")) return;
  const names = board.drones.map((drone) => drone.drone);
  const select = $("height-of");
  if (select.options.length !== names.length) select.replaceChildren(...names.map((name) => element("option", {}, name)));
  if (!select.dataset.chosen) select.selectedIndex = Math.max(0, board.drones.findIndex((drone) => drone.phase));
  await tracks.follow();
  const drawn = tracks.drawHeights($("height-chart"), select.selectedIndex, limits);
  if (!drawn) $("height-chart").replaceChildren();
  $("no-heights").hidden = drawn;
  map?.getSource("trail")?.setData(tracks.trails());
}

function drawTraffic() {
  redraw("traffic", board.traffic, (user) => user, (user) => (may("viewer") ? element("span", {}, `${user.id}${user.inbound ? " INBOUND" : ""}`) : user.inbound ? button(`${user.id} is gone`, () => askFor({ command: "clear", traffic: user.id })) : button(`${user.id} inbound`, () => tell(post("api/inbound", { traffic: user.id }, COMMAND_WITHIN_MS)))));
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
  $("approval").textContent = approvalWords(board);
  $("held").classList.toggle("hint", !board.ended);
  $("report").hidden = !isPilot();
  $("ending").hidden = !may("lead");
  drawAlerts();
  drawQuestions();
  drawCalls();
  drawOut();
  drawFleet();
  drawTraffic();
  drawMap();
}

async function look() {
  if (board?.ended || unanswered >= MOST_ASKED) return;
  const number = ++looks;
  unanswered++;
  try {
    const heard = await get("api/board", BOARD_WITHIN_MS);
    // A slow answer that a later one has overtaken is older than what is shown.
    if (number < drawnLook) return;
    drawnLook = number;
    heardAt = performance.now();
    refused = "";
    if (heard.drones) {
      board = heard;
      draw();
    }
  } catch (error) {
    refused = error instanceof RefusedError ? error.message : "";
  } finally {
    unanswered--;
  }
  if (document.hidden) watchContact();
}

function watchContact() {
  const words = contactWords(heardAt, performance.now(), board, refused);
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
  if (await tell(post("api/calls", call, COMMAND_WITHIN_MS))) {
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
  // A browser seldom runs a page that nobody sees: that one judges by each answer instead.
  setInterval(() => document.hidden || watchContact(), WATCH_EVERY_MS);
  setInterval(drawTracks, TRACKS_EVERY_MS);
  $("height-of").addEventListener("change", () => {
    $("height-of").dataset.chosen = "yes";
    drawTracks();
  });
  /** @type {any} */
  let place = await tell(get("api/place", COMMAND_WITHIN_MS));
  document.body.dataset.ready = "yes";
  while (!place) {
    await new Promise((done) => setTimeout(done, BOARD_WITHIN_MS));
    place = await get("api/place", COMMAND_WITHIN_MS).catch(() => null);
  }
  limits = [["limit", place.ceiling_m]];
  $("place").textContent = place.title;
  beginVideo(place.video);
  $("grade").append(...place.grades.map((grade) => element("option", {}, grade)));
  map = await makeMap(place.centre);
  if (!map) return;
  await loaded(map);
  addTrails(map);
  show(map, place.layers);
  fit(map, place.layers);
  map.on("click", (event) => placeCall(event.lngLat));
}

start();
