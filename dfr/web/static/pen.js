// @ts-check
// The pen: places set on the map one after the other, by click, by tap, or by the cross in the middle and the keyboard.
// Areas, single places and measurements are all drawn with it.

import { $, element } from "./common.js";
import { marker } from "./map.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const FINE_PX = 10;
const CLOSES_PX = 14;
const STEPS = { ArrowUp: [0, -FINE_PX], ArrowDown: [0, FINE_PX], ArrowLeft: [-FINE_PX, 0], ArrowRight: [FINE_PX, 0] };
const KEYS = "Move the map with the arrow keys (with Ctrl in small steps): Enter sets a place at the cross, Backspace takes the last one back, F finishes, Escape cancels.";

const point = (at) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } });
const line = (points) => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: points } });
const area = (ring) => ({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] } });

// `snap(at, event)` moves a corner to what it is near; a single place stays where it was set.
export function makePen({ map, snap }) {
  map.addSource("pen", { type: "geojson", data: EMPTY });
  map.addLayer({ id: "pen-fill", type: "fill", source: "pen", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": "#ffd34d", "fill-opacity": 0.3 } });
  map.addLayer({ id: "pen-line", type: "line", source: "pen", paint: { "line-color": "#7a3f00", "line-width": 3, "line-dasharray": [2, 1] } });
  map.addLayer({ id: "pen-circle", type: "circle", source: "pen", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 5, "circle-color": "#ffd34d", "circle-stroke-color": "#7a3f00", "circle-stroke-width": 2 } });

  /** @type {any} */

  let job = null; // What is being drawn: {words, most, least, closed, told, done, cancelled}.
  /** @type {any[]} */
  let points = [];
  /** @type {any} */
  let cross = null;
  const box = $("pen");

  // Shows a shape that is not yet in the plan; nothing where it is null.
  function ghost(geometry) {
    map.getSource("pen").setData(geometry ? { type: "Feature", properties: {}, geometry } : EMPTY);
  }

  function draw() {
    const shape = points.length > 2 && job.closed ? area(points) : points.length > 1 ? line(points) : null;
    map.getSource("pen").setData({ type: "FeatureCollection", features: [...(shape ? [shape] : []), ...points.map(point)] });
    $("pen-words").textContent = `${job.words} ${job.told?.(points) ?? (points.length ? `${points.length} set.` : "")}`;
    $("pen-back").disabled = points.length === 0;
    $("pen-finish").disabled = points.length < job.least;
  }

  const pixel = (at) => map.project(at);
  const near = (a, b) => Math.hypot(pixel(a).x - pixel(b).x, pixel(a).y - pixel(b).y) < CLOSES_PX;

  function add(at) {
    if (job.closed && points.length >= job.least && near(at, points[0])) return finish();
    if (points.length && near(at, points.at(-1)) && job.most > 1) return undefined; // The second half of a double click.
    points = [...points, at];
    if (points.length === job.most) return finish();
    return draw();
  }

  const set = (lngLat, event) => job && add(job.most === 1 ? lngLat.toArray() : snap(lngLat.toArray(), event));

  async function addAtCross(event) {
    if (map.isMoving()) await map.once("moveend");
    set(map.getCenter(), event);
  }

  function back() {
    points = points.slice(0, -1);
    draw();
  }

  function end() {
    const was = job;
    job = null;
    cross?.remove();
    box.hidden = true;
    map.doubleClickZoom.enable();
    $("map").classList.remove("drawing");
    ghost(null);
    return was;
  }

  function finish() {
    if (!job || points.length < job.least) return;
    const drawn = points;
    end().done(drawn);
  }

  const cancel = () => job && end().cancelled?.();

  function keys(event) {
    if (!job) return;
    if (event.key === "Escape") cancel();
    const inMap = event.target === map.getCanvas();
    if (!inMap && !box.contains(event.target)) return;
    const step = event.ctrlKey && STEPS[event.key];
    if (step) map.panBy(step, { duration: 0 });
    else if (event.key === "Enter" && inMap) addAtCross(event);
    else if (event.key === "Backspace") back();
    else if (event.key.toLowerCase() === "f" && !event.ctrlKey && !event.metaKey) finish();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  map.on("click", (event) => set(event.lngLat, event.originalEvent));
  map.on("dblclick", (event) => {
    if (!job) return;
    event.preventDefault();
    finish();
  });
  map.on("move", () => job && cross.setLngLat(map.getCenter()));
  document.addEventListener("keydown", keys, true);
  $("pen-set").addEventListener("click", (event) => job && addAtCross(event));
  $("pen-back").addEventListener("click", () => job && back());
  $("pen-finish").addEventListener("click", finish);
  $("pen-cancel").addEventListener("click", cancel);

  return {
    ghost,
    busy: () => job !== null,
    cancel,
    start(asked) {
      cancel();
      job = { least: asked.closed ? 3 : 1, most: Infinity, ...asked };
      points = [];
      cross = marker(map, "cross", map.getCenter().toArray());
      cross.getElement().setAttribute("aria-hidden", "true");
      box.hidden = false;
      $("pen-keys").textContent = KEYS;
      map.doubleClickZoom.disable();
      $("map").classList.add("drawing");
      map.getCanvas().focus();
      draw();
    },
  };
}

// The bar that says what the pen does, with a button for each of its keys.
export function penBar() {
  const button = (id, words, key) => element("button", { id, title: `${words} (${key})`, "aria-keyshortcuts": key }, words);
  return element("div", { id: "pen", class: "pen", role: "group", "aria-label": "Drawing", hidden: true },
    element("p", { id: "pen-words", role: "status" }), element("p", { id: "pen-keys", class: "hint" }),
    element("div", { class: "row" }, button("pen-set", "Set at the cross", "Enter"), button("pen-back", "Take back", "Backspace"), button("pen-finish", "Finish", "F"), button("pen-cancel", "Cancel", "Escape")));
}
