// What the Operate page says: contact lost, three states of a drone, offers, and when it sounds.

import assert from "node:assert/strict";
import { test } from "node:test";

import { approvalWords, callWords, contactWords, flightWords, heldWords, linkWords, offerWords, onwardWords, soundLevel, stateWords } from "../../dfr/web/static/operate-board.js";

const DRONE = { drone: "d/1", state: "flying", phase: "on_scene", pilot: "Ann", why_not: "", ready_in_s: null, battery: 0.8, failure: "", held: false, orders: [], height_m: 60.2, link: { heard: true, silent_s: 0.1 }, position_age_s: 0.1, position_stale: false, failsafe: { words: "RTL", triggers_in_s: null } };
const CALL = { call: 1, agency: "HC", id: "7", grade: "immediate", graded: true, agency_says: "open", state: "open", ended: "", age_s: 75, waits_for: "a drone", offers: [], onward: [], blocked: "", drones: [], zone: "Pier", exercise: false };

test("contact is lost once nothing has been heard for a second, or the shift hangs", () => {
  assert.equal(contactWords(1000, 2000, null), "");
  assert.match(contactWords(1000, 2001, null), /Nothing heard from dfr/);
  assert.match(contactWords(1000, 6000, null), /Nothing heard from dfr for 5 s/);
  assert.match(contactWords(1000, 2000, { stalled: true }), /shift itself does not answer/);
});

test("a page that the server refuses says why, and that it is old", () => {
  assert.equal(contactWords(1000, 9000, null, "Your token has expired."), "Your token has expired. Drones fly on; what you see is old.");
});

test("whose yes a flight needs is said before it is asked for", () => {
  assert.match(approvalWords({ second_yes: true }), /a pilot, and then of a safety pilot/);
  assert.doesNotMatch(approvalWords({ second_yes: false }), /safety/);
});

test("a drone that is out says what it does, how high it is, and what is wrong with its link", () => {
  assert.equal(flightWords(DRONE), "flying: on scene · Ann · 60 m");
  assert.equal(flightWords({ ...DRONE, phase: "out", held: true, height_m: null }), "HELD: out · Ann · height unknown");
  assert.match(flightWords({ ...DRONE, link: { heard: false, silent_s: 6 } }), / · LINK LOST 6 s · then: RTL$/);
});

test("a shift that has ended is no lost contact, and says that it has ended", () => {
  assert.equal(contactWords(1000, 600_000, { ended: true }), "");
  assert.match(heldWords({ held: "no drone ready", ended: true }), /The shift has ended/);
  assert.equal(heldWords({ held: "no drone ready", ended: false }), "No drone can go: no drone ready");
});

test("link lost, position old and the aircraft's own failsafe are told apart", () => {
  assert.equal(linkWords(DRONE), "heard");
  assert.equal(linkWords({ ...DRONE, position_stale: true, position_age_s: 4.2 }), "position 4 s old");
  const lost = { ...DRONE, link: { heard: false, silent_s: 6 }, position_stale: true };
  assert.equal(linkWords({ ...lost, failsafe: { words: "RTL", triggers_in_s: 3.6 } }), "LINK LOST 6 s · then: RTL in 4 s");
  assert.equal(linkWords({ ...DRONE, link: { heard: false, silent_s: null } }), "never heard");
});

test("a drone that is not ours says so before anything else", () => {
  assert.equal(stateWords(DRONE), "flying: on scene · Ann");
  assert.equal(stateWords({ ...DRONE, failure: "LOITER by the pilot" }), "NOT OURS: LOITER by the pilot");
  assert.equal(stateWords({ ...DRONE, phase: "", state: "charging", ready_in_s: 125 }), "ready in 2:05");
});

test("an offer says when, and what is left; a dock without one says why", () => {
  assert.equal(offerWords({ dock: "d", drone: "d/1", overhead_s: 84.6, reserve: 0.74, blocked: "" }), "d/1: overhead in 85 s, 74 % left on return");
  assert.equal(offerWords({ dock: "d", drone: "d/1", overhead_s: 85, reserve: null, blocked: "" }), "d/1: overhead in 85 s, reserve unknown");
  assert.equal(offerWords({ dock: "d", drone: null, overhead_s: 85, reserve: null, blocked: "no drone ready" }), "d: no drone ready");
});

test("a drone in the air says which call it would leave, when it is there, and whether the rule advises it", () => {
  const offer = { drone: "d/1", leaves: 3, phase: "on_scene", overhead_s: 61.2, reserve: 0.41, advised: true, blocked: "" };
  assert.equal(onwardWords(offer), "d/1 (in the air, call 3): overhead in 61 s, 41 % left on return, advised");
  assert.equal(onwardWords({ ...offer, advised: false, reserve: null }), "d/1 (in the air, call 3): overhead in 61 s, reserve unknown");
  assert.equal(onwardWords({ ...offer, blocked: "it gives way to other traffic" }), "d/1 (in the air, call 3): it gives way to other traffic");
});

test("a call without a grade of ours says how it is taken, and an exercise that it is one", () => {
  assert.equal(callWords(CALL), "HC 7 · immediate · Pier · 1:15");
  assert.equal(callWords({ ...CALL, state: "ended", ended: "attended" }), "HC 7 · immediate · Pier · ended: attended");
  assert.match(callWords({ ...CALL, graded: false, exercise: true }), /grade not told, taken as immediate .* EXERCISE/);
});

test("only warnings and cautions sound, and only until they are acknowledged", () => {
  const alert = { alert: 1, level: "warning", words: "", acknowledged: "" };
  assert.equal(soundLevel([{ ...alert, level: "caution" }, alert]), alert.level);
  assert.equal(soundLevel([{ ...alert, acknowledged: "Ann" }]), "");
  assert.equal(soundLevel([{ ...alert, level: "advisory" }]), "");
});
