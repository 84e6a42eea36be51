// @ts-check
// Editing the plan: docks, and everything that is drawn, with the pointer on the map, by touch or with the keyboard.
// Each element that can have the focus has a `data-key` that stays the same when it is drawn again: so does the focus.

import { $, all, element, first, focused, toast } from "./common.js";
import { addFeature, editFeature } from "./feature-form.js";
import { makeFeatureList } from "./feature-list.js";
import { areaM2, lengthM, bearingDeg, snapLines, snapped } from "./geometry.js";
import { boundsOf, marker } from "./map.js";
import { metres, squareMetres } from "./notations.js";
import { makePen } from "./pen.js";
import { makeHandles, stepped } from "./shape-handles.js";

const SETTLED_MS = 500;
const BOUNDARY = "boundary/boundary";

const lngLat = ([lng, lat]) => ({ lng, lat });
const keyOf = (feature) => `${feature.kind}/${feature.id}`;
const round = (value) => Math.round(value * 1e6) / 1e6;
const latLon = ([lon, lat]) => [round(lat), round(lon)];

// Draws again and keeps the focus on the element with the same key.
export function focusKept(drawAll) {
  const had = focused()?.dataset.key;
  drawAll();
  if (had && focused()?.dataset.key !== had) first(`[data-key="${CSS.escape(had)}"]`)?.focus({ preventScroll: true });
}

// `plan()` gives the plan now, `seen()` what the user sees of it, `change(path, document, seen)` sends an edit of that,
// `preview(site, at)` asks for times meanwhile.
export function makeEditor({ plan, seen, change, preview }) {
  /** @type {any} */
  let map = null;
  /** @type {any} */
  let forms = {};
  /** @type {any} */
  let pen = null;
  /** @type {any} */
  let handles = null;
  /** @type {any[]} */
  let markers = [];
  /** @type {string | null} */
  let chosen = null; // The key of the chosen feature.
  const waiting = {};

  const features = () => plan().features;
  const sites = () => plan().layers.sites.features;
  const featureOf = (key) => features().find((feature) => keyOf(feature) === key) ?? null;
  const send = (edit, of = seen()) => change("api/plan/edit", { edit }, of);
  const markerOf = (id) => markers.find((m) => m.getElement().dataset.site === id);

  // An edit that moves a feature to coordinates in [lon, lat].
  function moved(feature, coordinates, of = seen()) {
    const area = feature.geometry.type === "Polygon";
    return send({ do: "move", kind: feature.kind, id: feature.id, ...(area ? { ring: coordinates.map(latLon) } : { point: latLon(coordinates) }) }, of);
  }

  const siteOf = (id) => featureOf(`site/${id}`);

  // One edit for several key presses in a row, of the plan that was seen at the last of them.
  function settle(key, act) {
    const of = seen();
    clearTimeout(waiting[key]);
    waiting[key] = setTimeout(act, SETTLED_MS, of);
  }

  function snap(at, except, event) {
    if (!map || !$("snap").checked || event?.altKey) return at;
    const project = (place) => {
      const { x, y } = map.project(place);
      return [x, y];
    };
    return snapped(at, snapLines(features(), except), project);
  }

  // Sites move on the map at once; their times follow while they move.
  function nudgeSite(event, id) {
    const feature = sites().find((f) => f.properties.id === id);
    const next = stepped(event, feature.geometry.coordinates);
    if (next) placeSite(feature, next);
  }

  function placeSite(feature, next) {
    const { id, dock } = feature.properties;
    feature.geometry.coordinates = next;
    markerOf(id)?.setLngLat(next);
    if (dock) preview(id, lngLat(next));
    settle(`site/${id}`, (of) => moved(siteOf(id), next, of));
  }

  const ghostOf = (feature, at) => (feature.geometry.type === "Polygon" ? { type: "Polygon", coordinates: [[...at, at[0]]] } : { type: "Point", coordinates: at });

  const list = makeFeatureList({ box: $("features"), act: {
    choose: (feature) => choose(keyOf(feature)),
    edit: (feature) => editFeature({ feature, form: forms[feature.kind], features: features(), send }),
    copy: (feature) => send({ do: "copy", kind: feature.kind, id: feature.id }),
    remove: (feature) => send({ do: "delete", kind: feature.kind, id: feature.id }),
    nudge(feature, at) {
      if (feature.kind === "site") return placeSite(sites().find((f) => f.properties.id === feature.id), at);
      pen?.ghost(ghostOf(feature, at));
      return settle(keyOf(feature), (of) => moved(feature, at, of));
    },
  } });

  function markChosen() {
    const site = chosen?.startsWith("site/") ? chosen.slice("site/".length) : null;
    for (const button of all("[data-pick]")) button.setAttribute("aria-pressed", String(button.dataset.pick === site));
    for (const button of all("[data-feature]")) button.setAttribute("aria-pressed", String(button.dataset.feature === chosen));
    for (const m of markers) m.getElement().classList.toggle("chosen", m.getElement().dataset.site === site);
    $("fence").setAttribute("aria-pressed", String(chosen === BOUNDARY));
  }

  // Choosing what is chosen lets it go.
  function choose(key, { centre = true, toggle = true } = {}) {
    chosen = toggle && chosen === key ? null : key;
    const feature = chosen && featureOf(chosen);
    if (feature) list.show(feature);
    markChosen();
    if (!map) return;
    handles.draw(feature);
    if (!centre || !feature) return;
    const bounds = boundsOf([feature]);
    const view = map.getBounds();
    if (!view.contains(bounds.getNorthEast()) && !view.contains(bounds.getSouthWest())) map.fitBounds(bounds, { padding: map.room, maxZoom: map.getZoom(), duration: 0 });
  }

  function pick(id, words, ...more) {
    return element("button", { "data-key": `list:${id}`, "data-pick": id, "aria-pressed": String(chosen === `site/${id}`), onclick: () => choose(`site/${id}`, { toggle: false }), onkeydown: (event) => nudgeSite(event, id) }, words, ...more);
  }

  function row(site, dock) {
    const { id, name, use } = site.properties;
    const why = dock?.why ? [element("span", { class: "worse" }, ` · reaches ${dock.reaches} of ${plan().zones.length} zones: ${dock.why}`)] : [];
    const [words, path] = dock ? ["Remove dock", "api/plan/take"] : ["Dock here", "api/plan/place"];
    const shut = !dock && use === "forbidden";
    const act = element("button", { "data-key": `use:${id}`, class: "use", disabled: shut, "aria-label": `${words}: ${name}`, onclick: () => change(path, { site: id }, seen()) }, shut ? "Forbidden" : words);
    return element("li", {}, pick(id, name, element("small", { class: "where" }, site.properties.where), ...why), act);
  }

  function drawLists() {
    const docks = Object.fromEntries(plan().docks.map((dock) => [dock.id, dock]));
    const byId = Object.fromEntries(sites().map((f) => [f.properties.id, f]));
    $("docks").replaceChildren(...plan().docks.map((dock) => row(byId[dock.id], dock)));
    const others = sites().filter((f) => !docks[f.properties.id]);
    $("others-count").textContent = String(others.length);
    $("sites").replaceChildren(...others.map((site) => row(site, null)));
    list.draw(features(), forms, chosen);
  }

  function drawSites() {
    markers.forEach((m) => m.remove());
    markers = sites().map((feature) => {
      const { id, name, dock } = feature.properties;
      const made = marker(map, `${dock ? "dock" : "site"}${chosen === `site/${id}` ? " chosen" : ""}`, feature.geometry.coordinates, { draggable: true, button: true, title: `${dock ? "dock" : "site"} ${name}: drag it, or move it with the arrow keys` });
      const node = made.getElement();
      node.dataset.site = id;
      node.dataset.key = `map:${id}`;
      node.addEventListener("click", (event) => {
        event.stopPropagation();
        choose(`site/${id}`, { centre: false, toggle: false });
      });
      node.addEventListener("keydown", (event) => nudgeSite(event, id));
      made.on("dragstart", () => choose(`site/${id}`, { centre: false, toggle: false }));
      if (dock) made.on("drag", () => preview(id, made.getLngLat()));
      made.on("dragend", () => moved(siteOf(id), made.getLngLat().toArray()));
      return made;
    });
  }

  function chooseOnClick() {
    map.on("click", (event) => {
      if (pen.busy()) return;
      const found = map.queryRenderedFeatures(event.point).map((feature) => feature.properties.drawn).find((key) => key && featureOf(key));
      if (found) choose(found, { centre: false });
    });
  }

  function startDrawing(kind) {
    const form = forms[kind];
    const closed = form.shape === "area";
    const name = form.title.toLowerCase();
    pen.start({
      words: closed ? `Draw the corners of the ${name}.` : `Set the place of the ${name}.`, closed, most: closed ? Infinity : 1,
      told: closed ? (points) => (points.length > 2 ? `${points.length} corners, ${squareMetres(areaM2(points))}.` : `${points.length} of at least 3 corners.`) : undefined,
      done: (points) => (form.single ? moved(featureOf(`${kind}/${kind}`), points) : addFeature({ kind, form, points, features: features(), period: plan().period, send })),
    });
  }

  function measure() {
    const told = (points) => {
      if (points.length < 2) return points.length ? "1 place set: now the next." : "Set the first place.";
      const [last, end] = points.slice(-2);
      return `${points.length} places: ${metres(lengthM(points))} in all; last leg ${metres(lengthM([last, end]))} at ${bearingDeg(last, end).toFixed(0)}°${points.length > 2 ? `; closed, it holds ${squareMetres(areaM2(points))}` : ""}.`;
    };
    pen.start({ words: "Measure.", least: 2, told, done: (points) => toast(told(points)) });
  }

  function beginTools() {
    for (const id of ["draw", "measure", "snap"]) $(id).disabled = false;
    $("draw").addEventListener("click", () => startDrawing($("draw-kind").value));
    $("measure").addEventListener("click", measure);
  }

  return {
    draw() {
      drawLists();
      if (!map) return;
      drawSites();
      if (!featureOf(chosen)) chosen = null;
      handles.draw(chosen && featureOf(chosen));
      markChosen();
    },
    // The kinds that can be drawn, and the map once there is one.
    begin(kinds, drawn) {
      forms = kinds;
      map = drawn;
      $("draw-kind").replaceChildren(...Object.entries(forms).map(([kind, form]) => element("option", { value: kind }, form.title)));
      if (map) {
        pen = makePen({ map, snap: (at, event) => snap(at, null, event) });
        handles = makeHandles({ map, moved, settle, ghost: pen.ghost, snap });
        chooseOnClick();
        beginTools();
      }
    },
    chooseFeature: (feature) => choose(keyOf(feature), { toggle: false }),
    isDrawing: () => Boolean(pen?.busy()),
    toggleCorners: () => choose(BOUNDARY, { centre: false }),
  };
}
