// @ts-check
// What the Operate page says of a shift, in words, and when it has lost contact; nothing here touches the document.

/** @typedef {{ alert: number, level: string, words: string, acknowledged: string }} Alert */
/** @typedef {{ dock: string, drone: string | null, overhead_s: number, reserve: number | null, blocked: string }} Offer */
/** @typedef {{ call: number, agency: string, id: string, grade: string, graded: boolean, agency_says: string, state: string, ended: string, age_s: number, waits_for: string, offers: Offer[], onward: Onward[], blocked: string, drones: string[], zone: string | null, exercise: boolean }} Call */
/** @typedef {{ drone: string, state: string, phase: string, pilot: string, why_not: string, ready_in_s: number | null, battery: number | null, failure: string, held: boolean, orders: string[], height_m: number | null, link: { heard: boolean, silent_s: number | null }, position_age_s: number | null, position_stale: boolean, failsafe: { words: string, triggers_in_s: number | null } }} Drone */

// The page asks four times a second. Without an answer for this long, what it shows is old.
export const NO_CONTACT_MS = 1000;

// `refused` is what a server that was reached says against this page, such as that its token has expired.
/** @type {(heardMs: number, nowMs: number, board: { stalled?: boolean, ended?: boolean } | null, refused?: string) => string} */
export function contactWords(heardMs, nowMs, board, refused = "") {
  if (board?.ended) return "";
  const silent = nowMs - heardMs > NO_CONTACT_MS;
  if (silent && refused) return `${refused} Drones fly on; what you see is old.`;
  if (silent) return `Nothing heard from dfr for ${Math.round((nowMs - heardMs) / 1000)} s. Drones fly on; what you see is old.`;
  return board?.stalled ? "The shift itself does not answer. Drones fly on; what you see is old." : "";
}

/** @type {(board: { held: string, ended?: boolean }) => string} */
export function heldWords(board) {
  if (board.ended) return "The shift has ended. This page shows how it stood just before.";
  return board.held ? `No drone can go: ${board.held}` : "";
}

// Whose yes each flight needs.
/** @type {(board: { second_yes: boolean }) => string} */
export const approvalWords = ({ second_yes }) => (second_yes ? "Each flight needs the yes of a pilot, and then of a safety pilot." : "Each flight needs the yes of a pilot.");

/** @type {(s: number) => string} */
export const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

/** @type {(call: Call) => string} */
export function callWords(call) {
  const grade = call.graded ? call.grade : `grade not told, taken as ${call.grade}`;
  const parts = [`${call.agency} ${call.id}`, grade, call.zone ?? "no zone"];
  if (call.state !== "ended") parts.push(clock(call.age_s));
  if (call.exercise) parts.push("EXERCISE");
  if (call.agency_says !== "open") parts.push(`the agency says: ${call.agency_says}`);
  if (call.state === "ended") parts.push(`ended: ${call.ended.replaceAll("_", " ")}`);
  return parts.join(" · ");
}

/** @typedef {{ drone: string, leaves: number, phase: string, overhead_s: number | null, reserve: number | null, advised: boolean, blocked: string }} Onward */

/** @type {(offer: Onward) => string} */
export function onwardWords(offer) {
  const from = `${offer.drone} (in the air, call ${offer.leaves})`;
  if (offer.blocked || offer.overhead_s === null) return `${from}: ${offer.blocked}`;
  const left = offer.reserve === null ? "reserve unknown" : `${Math.round(100 * offer.reserve)} % left on return`;
  return `${from}: overhead in ${Math.round(offer.overhead_s)} s, ${left}${offer.advised ? ", advised" : ""}`;
}

/** @type {(offer: Offer) => string} */
export function offerWords(offer) {
  if (offer.drone === null) return `${offer.dock}: ${offer.blocked}`;
  const left = offer.reserve === null ? "reserve unknown" : `${Math.round(100 * offer.reserve)} % left on return`;
  return `${offer.drone}: overhead in ${Math.round(offer.overhead_s)} s, ${left}`;
}

/** @type {(drone: Drone) => string} */
export function stateWords(drone) {
  if (drone.failure) return `NOT OURS: ${drone.failure}`;
  if (drone.why_not) return `cannot be sent: ${drone.why_not}`;
  if (drone.phase) return `${drone.held ? "HELD" : drone.state}: ${drone.phase.replaceAll("_", " ")}${drone.pilot ? ` · ${drone.pilot}` : ""}`;
  return drone.state === "charging" && drone.ready_in_s ? `ready in ${clock(drone.ready_in_s)}` : drone.state;
}

// What a drone can be told at once, in words; the server says which of these it would obey now.
export const ORDERS = /** @type {Record<string, string>} */ ({ hold: "Hold", go_on: "Go on", recall: "Return", land: "Land" });

/** @type {(drone: Drone) => string} */
export function flightWords(drone) {
  const height = drone.height_m === null ? "height unknown" : `${Math.round(drone.height_m)} m`;
  return `${stateWords(drone)} · ${height}${linkWords(drone) === "heard" ? "" : ` · ${linkWords(drone)}`}`;
}

// Three states that are never mixed: the link, the age of the position, and what the aircraft does by itself.
/** @type {(drone: Drone) => string} */
export function linkWords(drone) {
  const { link, failsafe } = drone;
  if (link.silent_s === null) return "never heard";
  if (!link.heard) {
    const then = failsafe.triggers_in_s === null ? failsafe.words : `${failsafe.words} in ${Math.round(failsafe.triggers_in_s)} s`;
    return `LINK LOST ${Math.round(link.silent_s)} s · then: ${then}`;
  }
  if (drone.position_stale) return drone.position_age_s === null ? "no position" : `position ${Math.round(drone.position_age_s)} s old`;
  return "heard";
}

// The gravest of the warnings and cautions that nobody has acknowledged, for which the page sounds; '' for none.
/** @type {(alerts: Alert[]) => string} */
export const soundLevel = (alerts) => ["warning", "caution"].find((level) => alerts.some((alert) => alert.level === level && !alert.acknowledged)) ?? "";
