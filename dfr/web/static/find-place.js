// @ts-check
// Coordinates under the cursor in three notations, and a search for places: by coordinates, or by the names in the plan.

import { $, ask, element, tell, throttle } from "./common.js";
import { boundsOf } from "./map.js";
import { decimal, sexagesimal } from "./notations.js";

const CLOSE = 16;

// The bar that follows the pointer, or the middle of the map where the keyboard moves it.
export function showCoordinates(map) {
  const bar = $("map").appendChild(element("p", { id: "cursor", class: "cursor-bar" }));
  /** @type {any} */
  let shown = null;
  const askGrid = throttle(200, async (at) => {
    const found = await ask(`api/coordinates?lat=${at[1].toFixed(6)}&lon=${at[0].toFixed(6)}`).catch(() => null);
    if (shown === at && found) bar.textContent = words(at, found.document.grid);
  });
  const words = (at, grid) => [decimal(at), sexagesimal(at), grid].filter(Boolean).join(" · ");
  const show = (lngLat) => {
    shown = lngLat.wrap().toArray();
    bar.textContent = words(shown, "");
    askGrid(shown);
  };
  map.on("mousemove", (event) => show(event.lngLat));
  map.on("moveend", () => show(map.getCenter()));
  show(map.getCenter());
}

const matches = (words, text) => words.toLowerCase().includes(text.toLowerCase());

// `features()` are those of the plan, `onFeature(feature)` chooses one, `onPlace(at, words)` shows a place.
export function makeSearch({ map, features, onFeature, onPlace }) {
  const list = $("found");

  function choices(text) {
    const known = features().filter((feature) => matches(feature.name, text) || matches(feature.id, text));
    return known.slice(0, 20).map((feature) => element("li", {}, element("button", { onclick: () => go(feature) }, feature.name)));
  }

  function go(feature) {
    list.replaceChildren();
    if (map) map.fitBounds(boundsOf([feature]), { padding: map.room, maxZoom: CLOSE, duration: 0 });
    onFeature(feature);
  }

  $("find").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = $("find-text").value.trim();
    if (!text) return;
    const known = choices(text);
    list.replaceChildren(...known);
    if (known.length) {
      if (known.length === 1) known[0].firstChild.click();
      return;
    }
    const found = await tell(ask(`api/find?text=${encodeURIComponent(text)}`));
    if (found) onPlace([found.document.lon_deg, found.document.lat_deg], found.document.words);
  });
}
