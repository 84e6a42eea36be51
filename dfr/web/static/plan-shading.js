// @ts-check
// What the map's colours mean: seconds by zone, isochrones of an hour, or where calls come from; with its legend.

import { element, tell } from "./common.js";
import { show } from "./map.js";
import { BANDS, DEMAND, SECONDS } from "./style.js";

const NONE = { type: "FeatureCollection", features: [] };
const METRES_PER_DEGREE = 111_320;

// Square kilometres of a ring of [lon, lat], flat: zones are small.
function areaOf(ring) {
  const narrow = Math.cos((ring[0][1] * Math.PI) / 180);
  let twice = 0;
  for (let i = 0; i < ring.length - 1; i += 1) twice += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  return (Math.abs(twice) / 2) * narrow * (METRES_PER_DEGREE / 1000) ** 2;
}

const sizeOf = (feature) => feature.geometry.coordinates.reduce((sum, polygon) => sum + areaOf(polygon[0]), 0);

// Zones with `level`, their calls for each km² as a share of the densest.
function demandOf(zones, callsOf) {
  const dense = zones.features.map((f) => callsOf(f) / Math.max(sizeOf(f), 1e-9));
  const most = Math.max(...dense, 1e-12);
  return { ...zones, features: zones.features.map((f, i) => ({ ...f, properties: { ...f.properties, level: dense[i] / most } })) };
}

const KEYS = {
  zones: ["Lift-off to overhead, s", SECONDS],
  isochrones: ["Lift-off to overhead, s", BANDS],
  demand: ["Calls for each km²", DEMAND],
};

// `ask(path)` gives an answer about the plan shown, `stateOf()` the plan, `hourOf()` the chosen hour or null, `moreOf(hour)` what is known of it.
export function makeShading({ ask, box, stateOf, hourOf, moreOf, onWords }) {
  let mode = "zones";
  /** @type {any} */
  let map = null;
  /** @type {any} */
  let areas = null;

  function legend() {
    const [title, keys] = KEYS[mode];
    const swatches = keys.map(([colour, words]) => {
      const key = element("span", { class: "key" });
      key.style.setProperty("background", colour);
      return element("li", {}, key, words);
    });
    box.replaceChildren(element("strong", {}, title), element("ul", { class: "keys" }, ...swatches), element("a", { href: "#layers" }, "Marks and lines"));
  }

  async function isochrones() {
    if (!areas) {
      onWords("Working out the times over the whole site …");
      const found = await tell(ask("api/plan/isochrones"));
      onWords("");
      if (!found) return null; // The plan is another by now, and asks for its own.
      areas = Object.fromEntries(found.map((hour) => [hour.hour, hour.areas]));
    }
    const hour = hourOf()?.hour ?? stateOf().wind?.hour;
    return areas[hour] ?? NONE;
  }

  async function draw() {
    if (!map) return;
    legend();
    const now = mode;
    const hour = hourOf();
    const calls = hour && moreOf(hour)?.calls_by_zone;
    const drawn = mode === "isochrones" ? await isochrones() : NONE;
    if (now !== mode || (mode === "isochrones" && !drawn)) return;
    show(map, {
      isochrones: drawn,
      demand: mode === "demand" ? demandOf(stateOf().layers.zones, (f) => calls?.[f.properties.id] ?? f.properties.share) : NONE,
    });
    map.setLayoutProperty("zones-fill", "visibility", mode === "zones" ? "visible" : "none");
  }

  return {
    draw,
    // A new plan: what was worked out for the old one is gone.
    forget() {
      areas = null;
    },
    on(drawn) {
      map = drawn;
    },
    choose(name) {
      mode = name;
      return draw();
    },
  };
}
