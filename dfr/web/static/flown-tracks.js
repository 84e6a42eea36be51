// @ts-check
// Where vehicles have flown, as this page has it; the server keeps whole flights, for a page that comes later too.

import { lines } from "./charts.js";
import { get } from "./common.js";

const MOST_DRAWN = 900;
const WITHIN_MS = 5000;

/** @typedef {{ flight: number, count: number, trail: [number, number][], heights: [number, number][] }} Track */

export class FlownTracks {
  /** @type {Track[]} */
  #tracks = [];
  #path;
  #asks = false;

  constructor(/** @type {string} */ path) {
    this.#path = path;
  }

  // The track of a vehicle by its place in the server's list.
  of(/** @type {number} */ number) {
    return (this.#tracks[number] ??= { flight: 0, count: 0, trail: [], heights: [] });
  }

  // Ask for what has been flown since: all of it after a reload, or where a new flight has begun.
  async follow() {
    if (this.#asks) return;
    this.#asks = true;
    const have = Array.from(this.#tracks, (_, number) => `${this.of(number).flight}:${this.of(number).count}`);
    const told = await get(`${this.#path}?known=${have.join(",")}`, WITHIN_MS).catch(() => []);
    this.#asks = false;
    told.forEach((/** @type {{ flight: number, from: number, points: number[][] }} */ track, /** @type {number} */ number) => this.#add(this.of(number), track));
  }

  /** @param {Track} kept @param {{ flight: number, from: number, points: number[][] }} told */
  #add(kept, { flight, from, points }) {
    if (flight !== kept.flight) Object.assign(kept, { flight, count: 0, trail: [], heights: [] });
    // Two answers may overlap.
    const fresh = points.slice(Math.max(0, kept.count - from));
    kept.count = Math.max(kept.count, from + points.length);
    for (const [t, lon, lat, height] of fresh) {
      kept.trail.push([lon, lat]);
      kept.heights.push([t, height]);
    }
  }

  // All trails, as the source of a map layer wants them.
  trails() {
    const flown = this.#tracks.filter((track) => track.trail.length > 1);
    return { type: "FeatureCollection", features: flown.map((track) => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: track.trail } })) };
  }

  // Draw the heights of a vehicle's flight over its seconds; false where there are none yet.
  /** @param {HTMLElement} box @param {number} number @param {[string, number][]} limits */
  drawHeights(box, number, limits) {
    const flown = this.of(number).heights;
    if (flown.length < 2) return false;
    const every = Math.ceil(flown.length / MOST_DRAWN);
    const points = flown.filter((_, i) => i % every === 0 || i === flown.length - 1);
    const [from, to] = [points[0][0], points[points.length - 1][0]];
    lines(box, { title: "height above home", unit: "m", limits, label: (t) => `${t.toFixed(0)} s`, series: [{ name: "height", points }], x0: from, x1: to }).cursor(to);
    return true;
  }
}

// The layer of the trails on a map; its source is filled with `trails()`.
export function addTrails(/** @type {any} */ map) {
  map.addSource("trail", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({ id: "trail", type: "line", source: "trail", paint: { "line-color": "#b86e00", "line-width": 3 } });
}
