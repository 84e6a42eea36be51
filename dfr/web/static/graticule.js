// @ts-check
// A graticule over any map: parallels and meridians in round steps, with their degrees at the edges.
// So a map without anything under it still says where it is.

/** @typedef {{ west: number, south: number, east: number, north: number }} Box */

const SECOND = 1 / 3600;
const MINUTE = 1 / 60;
const STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND).concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), [1, 2, 5, 10, 15, 30]);
const MOST_LINES = 7;

/** @type {(across: number) => number} */
export const stepFor = (across) => STEPS.find((step) => across / step <= MOST_LINES) ?? 30;

/**
 * Degrees, minutes and seconds as far as the step needs them.
 * @param {number} value
 * @param {[string, string]} signs of a positive and a negative value
 * @param {number} step
 */
export function degreesWords(value, [plus, minus], step) {
  const whole = Math.round(Math.abs(value) * 3600);
  const [d, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const parts = step >= 1 ? `${d}°` : step >= MINUTE ? `${d}°${two(m)}′` : `${d}°${two(m)}′${two(s)}″`;
  return whole === 0 ? parts : `${parts}${value > 0 ? plus : minus}`;
}

/** @type {(low: number, high: number, step: number) => number[]} */
function rounds(low, high, step) {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

/**
 * Lines of the part of the world that is drawn, and labels at the edges of the part that is seen.
 * @param {Box} drawn
 * @param {Box} seen
 */
export function graticule({ west, south, east, north }, seen = { west, south, east, north }) {
  const [low, high] = [Math.max(south, -85), Math.min(north, 85)];
  const [eastward, northward] = [stepFor(seen.east - seen.west), stepFor(seen.north - seen.south)];
  const foot = Math.max(seen.south, -85) + 0.06 * (seen.north - seen.south);
  const side = seen.west + 0.05 * (seen.east - seen.west);
  const line = (/** @type {number[][]} */ coordinates) => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } });
  const label = (/** @type {number[]} */ coordinates, /** @type {string} */ words) => ({ type: "Feature", properties: { words }, geometry: { type: "Point", coordinates } });
  const meridians = rounds(west, east, eastward);
  const parallels = rounds(low, high, northward);
  const features = [
    ...meridians.map((lon) => line([[lon, low], [lon, high]])),
    ...parallels.map((lat) => line([[west, lat], [east, lat]])),
    ...meridians.map((lon) => label([lon, foot], degreesWords(((lon + 540) % 360) - 180, ["E", "W"], eastward))),
    ...parallels.map((lat) => label([side, lat], degreesWords(lat, ["N", "S"], northward))),
  ];
  return { type: "FeatureCollection", features };
}

/**
 * Draw it on a map, under the layer `before`, and again whenever the map has moved.
 * @param {any} map
 * @param {string} before
 */
export function addGraticule(map, before) {
  // The picture of the map may be larger than what is seen of it.
  const shown = () => {
    const [outer, inner] = [map.getContainer(), map.getContainer().parentElement].map((node) => node.getBoundingClientRect());
    const [x, y] = [inner.left - outer.left, inner.top - outer.top];
    const boxOf = (/** @type {any} */ a, /** @type {any} */ b) => ({ west: a.lng, south: a.lat, east: b.lng, north: b.lat });
    const bounds = map.getBounds();
    const seen = boxOf(map.unproject([x, y + inner.height]), map.unproject([x + inner.width, y]));
    return graticule(boxOf(bounds.getSouthWest(), bounds.getNorthEast()), seen);
  };
  map.addSource("graticule", { type: "geojson", data: shown() });
  map.addLayer({ id: "graticule-line", type: "line", source: "graticule", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": "#8a9a90", "line-width": 1, "line-dasharray": [1, 4] } }, before);
  map.addLayer({ id: "graticule-words", type: "symbol", source: "graticule", filter: ["==", ["geometry-type"], "Point"], layout: { "text-field": ["get", "words"], "text-font": ["sans-serif"], "text-size": 11, "text-allow-overlap": false }, paint: { "text-color": "#6c7884" } }, before);
  map.on("moveend", () => map.getSource("graticule")?.setData(shown()));
}
