// Editing sites, docks and the corners of the boundary, with the pointer on the map or with the keyboard.
// Each element that can have the focus has a `data-key` that stays the same when it is drawn again: so does the focus.

import { $, element } from "./common.js";
import { marker } from "./map.js";

const STEP_M = 10;
const FINE_M = 1;
const METRES_PER_DEGREE = 111_320;
const SETTLED_MS = 500;
const ARROWS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

const lngLat = ([lng, lat]) => ({ lng, lat });

// Where an arrow key moves a [lon, lat]; null for any other key.
function stepped(event, [lon, lat]) {
  const step = ARROWS[event.key];
  if (!step) return null;
  event.preventDefault();
  event.stopPropagation();
  const metres = event.shiftKey ? FINE_M : STEP_M;
  return [lon + (step[0] * metres) / (METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180)), lat + (step[1] * metres) / METRES_PER_DEGREE];
}

// Draws again and keeps the focus on the element with the same key.
export function focusKept(drawAll) {
  const had = document.activeElement?.dataset?.key;
  drawAll();
  if (had && document.activeElement?.dataset?.key !== had) document.querySelector(`[data-key="${CSS.escape(had)}"]`)?.focus({ preventScroll: true });
}

// `plan()` gives the plan now, `seen()` what the user sees of it, `change(path, document, seen)` sends an edit of that,
// `preview(site, at)` asks for times meanwhile.
export function makeEditor({ plan, seen, change, preview }) {
  let map = null;
  let markers = [];
  let corners = [];
  let chosen = null;
  let editing = false;
  const waiting = {};

  const sites = () => plan().layers.sites.features;
  const move = (site, at, of = seen()) => change("api/plan/move", { site, lat_deg: at.lat, lon_deg: at.lng }, of);
  const redraw = (ring, of = seen()) => change("api/plan/boundary", { ring }, of);
  const markerOf = (id) => markers.find((m) => m.getElement().dataset.site === id);

  // One edit for several key presses in a row, of the plan that was seen at the last of them.
  function settle(key, act) {
    const of = seen();
    clearTimeout(waiting[key]);
    waiting[key] = setTimeout(act, SETTLED_MS, of);
  }

  function nudge(event, id) {
    const feature = sites().find((f) => f.properties.id === id);
    const next = stepped(event, feature.geometry.coordinates);
    if (!next) return;
    feature.geometry.coordinates = next;
    markerOf(id)?.setLngLat(next);
    if (feature.properties.dock) preview(id, lngLat(next));
    settle(id, (of) => move(id, lngLat(next), of));
  }

  function choose(id, centre = true) {
    chosen = id;
    for (const button of document.querySelectorAll("[data-pick]")) button.setAttribute("aria-pressed", String(button.dataset.pick === id));
    for (const m of markers) m.getElement().classList.toggle("chosen", m.getElement().dataset.site === id);
    const feature = sites().find((f) => f.properties.id === id);
    if (centre && map && feature && !map.getBounds().contains(feature.geometry.coordinates)) map.easeTo({ center: feature.geometry.coordinates });
  }

  function pick(id, words, ...more) {
    return element("button", { "data-key": `list:${id}`, "data-pick": id, "aria-pressed": String(chosen === id), onclick: () => choose(id), onkeydown: (event) => nudge(event, id) }, words, ...more);
  }

  function row(site, dock) {
    const { id, name, use } = site.properties;
    const why = dock?.why ? [element("span", { class: "worse" }, ` · reaches ${dock.reaches} of ${plan().zones.length} zones: ${dock.why}`)] : [];
    const [words, path] = dock ? ["Remove dock", "api/plan/take"] : ["Dock here", "api/plan/place"];
    const shut = !dock && use === "forbidden";
    const act = element("button", { "data-key": `use:${id}`, class: "use", disabled: shut, "aria-label": `${words}: ${name}`, onclick: () => change(path, { site: id }) }, shut ? "Forbidden" : words);
    return element("li", {}, pick(id, `${name} · ${site.properties.where}`, ...why), act);
  }

  function drawLists() {
    const docks = Object.fromEntries(plan().docks.map((dock) => [dock.id, dock]));
    const byId = Object.fromEntries(sites().map((f) => [f.properties.id, f]));
    $("docks").replaceChildren(...plan().docks.map((dock) => row(byId[dock.id], dock)));
    const others = sites().filter((f) => !docks[f.properties.id]);
    $("others-count").textContent = String(others.length);
    $("sites").replaceChildren(...others.map((site) => row(site, null)));
  }

  function drawSites() {
    markers.forEach((m) => m.remove());
    markers = sites().map((feature) => {
      const { id, name, dock } = feature.properties;
      const made = marker(map, `${dock ? "dock" : "site"}${chosen === id ? " chosen" : ""}`, feature.geometry.coordinates, { draggable: true, button: true, title: `${dock ? "dock" : "site"} ${name}: drag it, or move it with the arrow keys` });
      const node = made.getElement();
      node.dataset.site = id;
      node.dataset.key = `map:${id}`;
      node.addEventListener("click", () => choose(id, false));
      node.addEventListener("keydown", (event) => nudge(event, id));
      made.on("dragstart", () => choose(id, false));
      if (dock) made.on("drag", () => preview(id, made.getLngLat()));
      made.on("dragend", () => move(id, made.getLngLat()));
      return made;
    });
  }

  function corner(ring, i) {
    const made = marker(map, "corner", ring[i], { draggable: true, button: true, title: `corner ${i + 1} of the boundary: drag it or use the arrow keys; Delete removes it` });
    made.getElement().dataset.key = `corner:${i}`;
    made.on("dragend", () => redraw(ring.with(i, made.getLngLat().toArray())));
    made.getElement().addEventListener("keydown", (event) => {
      if (event.key === "Delete" && ring.length > 3) redraw(ring.toSpliced(i, 1));
      const next = stepped(event, made.getLngLat().toArray());
      if (!next) return;
      made.setLngLat(next);
      settle(`corner:${i}`, (of) => redraw(ring.with(i, next), of));
    });
    return made;
  }

  function middle(ring, i) {
    const [a, b] = [ring[i], ring[(i + 1) % ring.length]];
    const between = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const made = marker(map, "corner middle", between, { button: true, title: `add a corner after corner ${i + 1}` });
    made.getElement().dataset.key = `middle:${i}`;
    made.getElement().addEventListener("click", () => redraw(ring.toSpliced(i + 1, 0, between)));
    return made;
  }

  function drawCorners() {
    corners.forEach((m) => m.remove());
    const ring = plan().boundary;
    corners = editing ? ring.flatMap((_, i) => [corner(ring, i), middle(ring, i)]) : [];
  }

  return {
    draw() {
      drawLists();
      if (!map) return;
      drawSites();
      drawCorners();
    },
    on(drawn) {
      map = drawn;
    },
    toggleCorners() {
      editing = !editing;
      $("fence").setAttribute("aria-pressed", String(editing));
      if (map) drawCorners();
    },
  };
}
