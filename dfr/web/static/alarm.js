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
  $("silence").addEventListener("click", () => {
    silenced = lost;
    $("silence").hidden = true;
  });
  const wake = () => (audio ??= new AudioContext());
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake, { once: true });
}

// A tone, if none has just sounded. How often it was for an alert and how often for a loss, the page's body says.
function sound(/** @type {"alertTones" | "lossTones"} */ of, /** @type {string} */ level) {
  if (performance.now() - soundedAt < SOUND_EVERY_MS) return;
  soundedAt = performance.now();
  const { dataset } = document.body;
  dataset[of] = String(1 + Number(dataset[of] ?? 0));
  if (!audio) return;
  const tone = audio.createOscillator();
  tone.frequency.value = PITCH_HZ[level];
  tone.connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.25);
}

// Sound for an alert of a level that stands now; '' for none.
export function soundAlert(/** @type {string} */ level) {
  if (level) sound("alertTones", level);
}

// Sound while something is lost, named by `what`; '' for nothing. Silenced, it sounds again only for another loss.
export function soundLoss(/** @type {string} */ what) {
  lost = what;
  if (!what) silenced = "";
  $("silence").hidden = !what || silenced === what;
  if (what && silenced !== what) sound("lossTones", "warning");
}
