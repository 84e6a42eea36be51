// The map: one plain style from the scenario's own geometry; nothing is fetched but this server's data.
/* global maplibregl */

import { $, element } from "./common.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const SOURCES = ["base", "airspace", "keep_in", "keep_outs", "crowds", "zones", "zone_names", "traffic", "posts", "volumes", "routes", "rally", "sites", "findings"];

// Sequential blues, safe for the colour-blind: the darker the sooner.
const SOON = ["case", ["==", ["get", "overhead_s"], null], "#c94f12", ["step", ["get", "overhead_s"], "#08519c", 45, "#3182bd", 60, "#6baed6", 90, "#bdd7e7"]];

const LAYERS = [
  { id: "ground", type: "background", paint: { "background-color": "#eef2ee" } },
  { id: "base-fill", type: "fill", source: "base", filter: ["in", ["get", "kind"], ["literal", ["sea", "park", "building", "land"]]], paint: { "fill-color": ["match", ["get", "kind"], "sea", "#cfe3ef", "park", "#e1eedb", "building", "#ddd6cc", "#f4f2ec"] } },
  { id: "base-line", type: "line", source: "base", filter: ["in", ["get", "kind"], ["literal", ["coast", "road", "rail"]]], paint: { "line-color": ["match", ["get", "kind"], "coast", "#6c93ab", "rail", "#999", "#ffffff"], "line-width": ["match", ["get", "kind"], "road", 4, 1.5] } },
  { id: "airspace-fill", type: "fill", source: "airspace", filter: ["get", "low"], paint: { "fill-color": "#8e3b8f", "fill-opacity": 0.1 } },
  { id: "airspace-line", type: "line", source: "airspace", paint: { "line-color": "#8e3b8f", "line-width": 1.4, "line-dasharray": [4, 2] } },
  { id: "keep_in-fill", type: "fill", source: "keep_in", paint: { "fill-color": "#009e73", "fill-opacity": 0.07 } },
  { id: "keep_in-line", type: "line", source: "keep_in", paint: { "line-color": "#00785a", "line-width": 2.4 } },
  { id: "volumes-line", type: "line", source: "volumes", paint: { "line-color": ["match", ["get", "id"], "flight_geography", "#0072b2", "contingency", "#b86e00", "#a33a05"], "line-width": 1.3, "line-dasharray": [3, 2] } },
  { id: "zones-fill", type: "fill", source: "zones", paint: { "fill-color": SOON, "fill-opacity": 0.55 } },
  { id: "zones-line", type: "line", source: "zones", paint: { "line-color": "#173a55", "line-width": 0.8 } },
  { id: "crowds-fill", type: "fill", source: "crowds", paint: { "fill-color": "#8a6100", "fill-opacity": 0.28 } },
  { id: "crowds-line", type: "line", source: "crowds", paint: { "line-color": "#8a6100", "line-width": 1.4 } },
  { id: "keep_outs-fill", type: "fill", source: "keep_outs", paint: { "fill-color": "#a33a05", "fill-opacity": 0.4 } },
  { id: "traffic-line", type: "line", source: "traffic", paint: { "line-color": "#b3478a", "line-width": 1.4, "line-dasharray": [1, 2] } },
  { id: "routes-line", type: "line", source: "routes", paint: { "line-color": "#003f66", "line-width": ["case", ["get", "best"], 2.4, 0.7], "line-opacity": ["case", ["get", "best"], 0.9, 0.4] } },
  { id: "posts-point", type: "circle", source: "posts", paint: { "circle-radius": 5, "circle-color": "#444", "circle-stroke-color": "#fff", "circle-stroke-width": 1.5 } },
  { id: "rally-point", type: "circle", source: "rally", paint: { "circle-radius": 6, "circle-color": "#fff", "circle-stroke-color": "#00785a", "circle-stroke-width": 3 } },
  { id: "findings-point", type: "circle", source: "findings", paint: { "circle-radius": 7, "circle-color": ["match", ["get", "severity"], "violation", "#a33a05", "unknown", "#5c3b8c", "#e69f00"], "circle-stroke-color": "#fff", "circle-stroke-width": 2 } },
  { id: "zones-label", type: "symbol", source: "zone_names", layout: { "text-field": ["get", "words"], "text-font": ["sans-serif"], "text-size": 12.5, "text-max-width": 12 }, paint: { "text-color": "#0e1b26", "text-halo-color": "#fff", "text-halo-width": 1.6 } },
];

export const GROUPS = { zones: "demand zones", routes: "routes", volumes: "volumes", crowds: "crowds", airspace: "airspace", traffic: "other traffic", posts: "observers", rally: "rally points", base: "coast and roads", findings: "findings" };

export function hasGl() {
  try {
    return document.createElement("canvas").getContext("webgl2") !== null;
  } catch {
    return false;
  }
}

// A map in #map, or null (with words in its place) where the browser has no WebGL 2.
export function makeMap(centre, zoom = 14) {
  if (!hasGl()) {
    $("map").append(element("p", { class: "no-gl" }, "This browser has no WebGL 2, so there is no map here. All figures are in the panel; the report's map needs no WebGL."));
    return null;
  }
  maplibregl.setWorkerUrl("/static/maplibre-gl-csp-worker.js");
  const sources = Object.fromEntries(SOURCES.map((id) => [id, { type: "geojson", data: EMPTY }]));
  const map = new maplibregl.Map({
    container: "map",
    style: { version: 8, sources, layers: LAYERS },
    center: centre,
    zoom,
    attributionControl: false,
    fadeDuration: 0,
    dragRotate: false,
    pitchWithRotate: false,
    canvasContextAttributes: { antialias: false },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-left");
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 140 }), "bottom-left");
  window.dfrMap = map;
  return map;
}

export const loaded = (map) => new Promise((done) => (map.isStyleLoaded() ? done() : map.once("load", done)));

export function show(map, layers) {
  for (const [id, data] of Object.entries(layers)) map.getSource(id)?.setData(data);
}

export function fit(map, layers, names = ["keep_in"]) {
  const bounds = new maplibregl.LngLatBounds();
  const walk = (coordinates) => {
    if (typeof coordinates[0] === "number") bounds.extend(coordinates);
    else coordinates.forEach(walk);
  };
  for (const name of names) for (const feature of layers[name]?.features ?? []) walk(feature.geometry.coordinates);
  if (!bounds.isEmpty()) map.fitBounds(bounds, { padding: 40, duration: 0, maxZoom: 16.5 });
}

export function toggles(map, box) {
  for (const [group, words] of Object.entries(GROUPS)) {
    const input = element("input", { type: "checkbox", checked: true, onchange: () => {
      for (const layer of LAYERS) if (layer.source === group || (group === "zones" && layer.source === "zone_names")) map.setLayoutProperty(layer.id, "visibility", input.checked ? "visible" : "none");
    } });
    box.append(element("label", {}, input, ` ${words}`));
  }
}

export function marker(map, className, at, options = {}) {
  const node = element(options.button ? "button" : "div", { class: className, title: options.title ?? "", "aria-label": options.title ?? null });
  return new maplibregl.Marker({ element: node, draggable: Boolean(options.draggable), anchor: "center", rotationAlignment: options.rotate ? "map" : "auto" }).setLngLat(at).addTo(map);
}

export function popup(map, at, words) {
  return new maplibregl.Popup({ closeButton: true, maxWidth: "320px" }).setLngLat(at).setText(words).addTo(map);
}

export const isMaplibreReady = () => typeof maplibregl !== "undefined";
