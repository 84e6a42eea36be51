// @ts-check
// The second sense of an alert: a short tone, again and again while it stands and nobody has silenced it.

import { $ } from "./common.js";

const SOUND_EVERY_MS = 1500;
const PITCH_HZ = /** @type {Record<string, number>} */ ({ warning: 880, caution: 520 });

/** @type {AudioContext | null} */
let audio = null;
let soundedAt = -Infinity;
let lost = "";
let silenced = "";

// A browser lets a page sound only after somebody has touched it.
export function beginAlarm() {
  $("silence").addEventListener("click", () => (silenced = lost));
  const wake = () => (audio ??= new AudioContext());
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake, { once: true });
}

// Sound for an alert of a level that stands now; '' for none. How often it has sounded, the page's body says.
export function sound(/** @type {string} */ level) {
  if (!level || performance.now() - soundedAt < SOUND_EVERY_MS) return;
  soundedAt = performance.now();
  document.body.dataset.sounded = String(1 + Number(document.body.dataset.sounded ?? 0));
  if (!audio) return;
  const tone = audio.createOscillator();
  tone.frequency.value = PITCH_HZ[level];
  tone.connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.25);
}

// Sound while something is lost, named by `what`; '' for nothing. Silenced, it sounds again only for another loss.
export function soundLoss(/** @type {string} */ what) {
  lost = what;
  if (!what) silenced = "";
  $("silence").hidden = !what || silenced === what;
  if (what && silenced !== what) sound("warning");
}
