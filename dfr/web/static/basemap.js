// @ts-check
// A base map: one PMTiles file that this server sends in ranges, or tiles of another server. Vector tiles of the Protomaps and
// OpenMapTiles schemas are drawn in pale colours, so that the plan stands out; images are drawn as they are.
/* global maplibregl, pmtiles */

import { loadScript } from "./common.js";

const ADDRESS = "basemap.pmtiles";
const VECTOR = 1;

const KIND = ["coalesce", ["get", "kind"], ["get", "class"], ""];
const GREEN = ["park", "grass", "grassland", "wood", "forest", "nature_reserve", "cemetery", "golf_course", "meadow", "farmland", "pitch"];
const WIDE = ["highway", "motorway", "trunk"];
const MAIN = ["major_road", "primary", "secondary", "tertiary"];
const RAIL = ["rail", "transit"];

const paths = (factor) => ["interpolate", ["exponential", 1.6], ["zoom"], 10, ["match", KIND, WIDE, 1.2 * factor, MAIN, 0.8 * factor, 0.2], 17, ["match", KIND, WIDE, 14 * factor, MAIN, 10 * factor, 5 * factor]];

const DRAWN = [
  { of: ["earth"], type: "fill", paint: { "fill-color": "#f4f2ec" } },
  { of: ["landcover", "landuse"], type: "fill", filter: ["in", KIND, ["literal", GREEN]], paint: { "fill-color": "#e1eedb" } },
  { of: ["water"], type: "fill", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": "#cfe3ef" } },
  { of: ["buildings", "building"], type: "fill", minzoom: 13, paint: { "fill-color": "#ddd6cc" } },
  { of: ["roads", "transportation"], name: "edge", type: "line", filter: ["!", ["in", KIND, ["literal", RAIL]]], paint: { "line-color": "#c9c5bb", "line-width": paths(1.25) } },
  { of: ["roads", "transportation"], name: "road", type: "line", filter: ["!", ["in", KIND, ["literal", RAIL]]], paint: { "line-color": "#ffffff", "line-width": paths(1) } },
  { of: ["roads", "transportation"], name: "rail", type: "line", filter: ["in", KIND, ["literal", RAIL]], paint: { "line-color": "#999999", "line-width": 1.5 } },
  { of: ["places", "place"], type: "symbol", layout: { "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": 12 }, paint: { "text-color": "#56606b", "text-halo-color": "#ffffff", "text-halo-width": 1.2 } },
];

const IMAGES = { id: "basemap-image", type: "raster", source: "basemap", paint: { "raster-saturation": -0.4, "raster-fade-duration": 0 } };

// The words of an attribution, which may be HTML from the file: only its text is shown.
const words = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent.trim();

export async function addBasemap(map, before) {
  await loadScript("pmtiles.js");
  const protocol = new pmtiles.Protocol({ metadata: true });
  const archive = new pmtiles.PMTiles(new URL(ADDRESS, location.href).href);
  protocol.add(archive);
  maplibregl.addProtocol("pmtiles", protocol.tile);
  const [header, metadata] = [await archive.getHeader(), await archive.getMetadata()];
  const vector = header.tileType === VECTOR;
  map.addSource("basemap", vector ? { type: "vector", url: `pmtiles://${archive.source.getKey()}` } : { type: "raster", tileSize: 256, url: `pmtiles://${archive.source.getKey()}` });
  const there = new Set((metadata.vector_layers ?? []).map((layer) => layer.id));
  const layers = vector ? DRAWN.flatMap(({ of, name = "", ...look }) => of.filter((id) => there.has(id)).map((id) => ({ ...look, id: `basemap-${id}${name}`, source: "basemap", "source-layer": id }))) : [IMAGES];
  for (const layer of layers) map.addLayer(layer, before);
  return layers.length > 0 ? { credit: metadata.attribution ? words(metadata.attribution) : "" } : null;
}

// Tiles of the one server that this one names: images, or vector tiles of the same two schemas.
export function addTiles(map, { url, attribution, vector }, before) {
  const tiles = { tiles: [url], maxzoom: vector ? 14 : 19 };
  map.addSource("basemap", vector ? { type: "vector", ...tiles } : { type: "raster", tileSize: 256, ...tiles });
  const drawn = vector ? DRAWN.flatMap(({ of, name = "", ...look }) => of.map((id) => ({ ...look, id: `basemap-${id}${name}`, source: "basemap", "source-layer": id }))) : [IMAGES];
  for (const layer of drawn) map.addLayer(layer, before);
  return { credit: attribution };
}
