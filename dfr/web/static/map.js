// @ts-check
// The map: one plain style, drawn from the scenario's geometry; nothing is fetched from outside this server.
/* global maplibregl */

import { $, element, fileAddress, loadScript, tell } from "./common.js";
import { COARSE, MARGIN_PX, drawsInSoftware, glide, rendererName, sharpen } from "./glide.js";
import { DARK } from "./style-dark.js";
import { GROUPS, LAYERS, PLACE, PLAN, STRONG } from "./style.js";
import { isDark, isStrong, onTheme } from "./theme.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const GROUND = { id: "ground", type: "background", paint: { "background-color": "#eef2ee" } };
const DEEPEST = 14; // Tiles of the page's own data; enlarged beyond, they are still good to 0.2 m.

// The library is large: what is written on a page is there before it, and its style sheet holds up nothing.
// The worker is fetched meanwhile.
document.head.append(element("link", { rel: "stylesheet", href: fileAddress("maplibre-gl.css") }));
const library = loadScript("maplibre-gl-csp.js").then(() => maplibregl.setWorkerUrl(fileAddress("maplibre-gl-csp-worker.js")));
library.catch(() => {}); // Said where a map is made.
fetch(fileAddress("maplibre-gl-csp-worker.js")).catch(() => {});

// A map in #map, or null (with words in its place) where the browser has no WebGL 2.
export async function makeMap(centre, zoom = 14) {
  const renderer = rendererName();
  if (renderer === null) {
    $("map").append(element("p", { class: "no-gl" }, "This browser has no WebGL 2, so it cannot show the map. All figures are in the panel; the map in the report needs no WebGL."));
    return null;
  }
  if ((await tell(library.then(() => true))) === null) return null;
  const slides = drawsInSoftware(renderer);
  const box = $("map").appendChild(element("div", { class: slides ? "drawn slides" : "drawn" }));
  const source = { type: "geojson", data: EMPTY, maxzoom: DEEPEST };
  const map = new maplibregl.Map({
    container: box,
    style: { version: 8, sources: { place: source, plan: source }, layers: [GROUND, ...LAYERS] },
    center: centre,
    zoom,
    attributionControl: false,
    fadeDuration: 0,
    dragRotate: false,
    pitchWithRotate: false,
    canvasContextAttributes: { antialias: false },
    ...(slides ? { pixelRatio: COARSE } : {}),
  });
  map.whole = map.once("load").then(() => slides && sharpen(map));
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-left");
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 140 }), "bottom-left");
  if (slides) glide(map);
  map.room = (innerWidth < 600 ? 12 : 40) + (slides ? MARGIN_PX : 0);
  // The panel and the tools lie over the map: what is fitted or flown to stands beside and below them.
  const over = (selector) => [...document.querySelectorAll(selector)].filter((node) => getComputedStyle(node).position === "absolute");
  const right = Math.max(0, ...over(".panel").map((node) => node.offsetWidth + 12));
  const top = Math.max(0, ...over(".toolbar").map((node) => node.offsetHeight + 12));
  if (right || top) map.setPadding({ top, bottom: 0, left: 0, right });
  window.dfrMap = map;
  return map;
}

// Colours of the map for dark and for strong contrast, which the style sheet of the page does not reach.
function recolour(map) {
  const changed = [isDark() ? DARK : {}, isStrong() && !isDark() ? STRONG : {}];
  for (const { id, paint } of [GROUND, ...LAYERS]) {
    const now = Object.assign({}, ...changed.map((of) => of[id] ?? {}));
    for (const name of new Set([...Object.keys(STRONG[id] ?? {}), ...Object.keys(DARK[id] ?? {})])) map.setPaintProperty(id, name, now[name] ?? paint[name] ?? null);
  }
}

// Layers may be filled from now on; nothing waits until an empty map has been drawn.
export async function loaded(map) {
  if (!map.isStyleLoaded()) await map.once("style.load");
  onTheme(() => recolour(map));
}

// Waits until all that was put on the map is there to be seen. Nothing that is read waits for it.
export async function whenDrawn(map) {
  if (map) await map.whole;
  performance.mark("map");
}

// Put collections on the map by the names of their layers; other layers stay as they are.
export function show(map, layers) {
  map.shown = { ...map.shown, ...layers };
  for (const [source, names] of Object.entries({ place: PLACE, plan: PLAN })) {
    if (!names.some((name) => name in layers)) continue;
    const features = names.flatMap((of) => (map.shown[of]?.features ?? []).map((f) => ({ ...f, properties: { ...f.properties, of } })));
    map.getSource(source)?.setData({ type: "FeatureCollection", features });
  }
}

// The layers of a style that show these collections.
export const named = (shown) => LAYERS.map(({ id }) => id).filter((id) => shown.some((of) => id.startsWith(`${of}-`)));

export function boundsOf(features) {
  const bounds = new maplibregl.LngLatBounds();
  const walk = (coordinates) => {
    if (typeof coordinates[0] === "number") bounds.extend(coordinates);
    else coordinates.forEach(walk);
  };
  for (const feature of features) walk(feature.geometry.coordinates);
  return bounds;
}

export function fit(map, layers, names = ["keep_in"]) {
  const bounds = boundsOf(names.flatMap((name) => layers[name]?.features ?? []));
  if (!bounds.isEmpty()) map.fitBounds(bounds, { padding: map.room, duration: 0, maxZoom: 16.5 });
}

export function toggles(map, box) {
  for (const [group, [words, ...shown]] of Object.entries(GROUPS)) {
    const ids = named(shown);
    const input = element("input", { type: "checkbox", checked: ids.some((id) => map.getLayoutProperty(id, "visibility") !== "none"), onchange: () => {
      for (const id of ids) map.setLayoutProperty(id, "visibility", input.checked ? "visible" : "none");
    } });
    box.append(element("label", {}, input, element("span", { class: `swatch ${group}` }), words));
  }
}

export function marker(map, className, at, options = {}) {
  const node = element(options.button ? "button" : "div", { class: className, title: options.title ?? "", "aria-label": options.title ?? null });
  return new maplibregl.Marker({ element: node, draggable: Boolean(options.draggable), anchor: "center", rotationAlignment: options.rotate ? "map" : "auto" }).setLngLat(at).addTo(map);
}

export function popup(map, at, words) {
  return new maplibregl.Popup({ closeButton: true, maxWidth: "320px" }).setLngLat(at).setText(words).addTo(map);
}
