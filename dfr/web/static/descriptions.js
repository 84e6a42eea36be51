// @ts-check
// What is on the map, in words: shown on a click, and as a list of buttons for the keyboard.

import { element } from "./common.js";
import { boundsOf, popup } from "./map.js";
import { LAYERS } from "./style.js";

const DESCRIBED = ["airspace", "traffic", "crowds", "keep_outs", "water", "homes", "posts", "rally", "patrols", "obstacles"];
const CLOSE = 15.5;
const FLY_MS = 700;

/** @type {any} */

let opened = null;

const quick = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function say(map, at, words) {
  opened?.remove();
  opened = popup(map, at, words);
}

// Bring a place into view and show words there.
export function flyTo(map, at, words) {
  map.easeTo({ center: at, zoom: Math.max(map.getZoom(), CLOSE), duration: quick() ? 0 : FLY_MS });
  say(map, at, words);
}

function flyOver(map, feature) {
  const bounds = boundsOf([feature]);
  map.fitBounds(bounds, { padding: map.room, maxZoom: CLOSE, duration: quick() ? 0 : FLY_MS });
  say(map, bounds.getCenter(), feature.properties.description);
}

// `quiet()` holds while a click means something else.
export function describeOnClick(map, quiet = () => false) {
  const layers = LAYERS.map(({ id }) => id).filter((id) => DESCRIBED.some((of) => id.startsWith(`${of}-`)));
  map.on("click", (event) => {
    if (quiet()) return;
    const found = map.queryRenderedFeatures(event.point, { layers }).map((feature) => feature.properties.description);
    if (found.length) say(map, event.lngLat, [...new Set(found)].join("\n"));
  });
}

export function listDescriptions(map, box) {
  const features = DESCRIBED.flatMap((of) => map.shown[of]?.features ?? []);
  box.replaceChildren(...features.map((feature) => element("li", {}, element("button", { onclick: () => flyOver(map, feature) }, feature.properties.description))));
}
