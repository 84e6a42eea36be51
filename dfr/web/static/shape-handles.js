// @ts-check
// Handles of the chosen feature: its corners, the middles of its sides, and one to move it as a whole.
// Each works by mouse, by touch and with the arrow keys; Delete takes a corner out.

import { middleOf, offsetBy, shifted } from "./geometry.js";
import { marker } from "./map.js";

const STEP_M = 10;
const FINE_M = 1;
const ARROWS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// Where an arrow key moves a [lon, lat]: 10 m, with Shift 1 m; null for any other key.
export function stepped(event, at) {
  const step = ARROWS[event.key];
  if (!step || event.ctrlKey || event.altKey || event.metaKey) return null;
  event.preventDefault();
  event.stopPropagation();
  const metres = event.shiftKey ? FINE_M : STEP_M;
  return offsetBy(at, step.map((by) => by * metres));
}

// `moved(feature, coordinates)` sends an edit, `settle(key, act)` one for several key presses in a row,
// `ghost(geometry)` shows what is not sent yet, `snap(at, except, event)` moves a place to what it is near.
export function makeHandles({ map, moved, settle, ghost, snap }) {
  /** @type {any[]} */
  let shown = [];

  const polygon = (ring) => ({ type: "Polygon", coordinates: [[...ring, ring[0]]] });

  function handle(feature, key, className, at, title, place, snaps = (there, _feature, _event) => there) {
    const made = marker(map, className, at, { draggable: true, button: true, title });
    const node = made.getElement();
    node.dataset.key = key;
    node.addEventListener("click", (event) => event.stopPropagation());
    made.on("drag", () => ghost(place(made.getLngLat().toArray()).geometry));
    made.on("dragend", (event) => {
      const there = snaps(made.getLngLat().toArray(), feature, event.originalEvent);
      made.setLngLat(there);
      moved(feature, place(there).coordinates);
    });
    node.addEventListener("keydown", (event) => {
      const next = stepped(event, made.getLngLat().toArray());
      if (!next) return;
      made.setLngLat(next);
      const { geometry, coordinates } = place(next);
      ghost(geometry);
      settle(key, (of) => moved(feature, coordinates, of));
    });
    return made;
  }

  function corner(feature, ring, i) {
    const place = (at) => ({ geometry: polygon(ring.with(i, at)), coordinates: ring.with(i, at) });
    const made = handle(feature, `corner:${i}`, "corner", ring[i], `corner ${i + 1} of ${feature.name}: drag it or use the arrow keys; Delete removes it`, place, snap);
    made.getElement().addEventListener("keydown", (event) => {
      if (event.key === "Delete" && ring.length > 3) moved(feature, ring.toSpliced(i, 1));
    });
    return made;
  }

  function middle(feature, ring, i) {
    const half = middleOf([ring[i], ring[(i + 1) % ring.length]]);
    const made = marker(map, "corner middle", half, { button: true, title: `add a corner after corner ${i + 1}` });
    made.getElement().dataset.key = `middle:${i}`;
    made.getElement().addEventListener("click", (event) => {
      event.stopPropagation();
      moved(feature, ring.toSpliced(i + 1, 0, half));
    });
    return made;
  }

  function whole(feature, at, coordinates) {
    const area = feature.geometry.type === "Polygon";
    const place = (to) => {
      const there = shifted(coordinates, at, to);
      return { geometry: area ? polygon(there) : { type: "Point", coordinates: there }, coordinates: there };
    };
    return handle(feature, `whole:${feature.kind}/${feature.id}`, "whole", at, `${feature.name}: drag it or use the arrow keys to move it`, place);
  }

  return {
    // Handles for a feature; none where it is null. Sites have markers of their own.
    draw(feature) {
      shown.forEach((m) => m.remove());
      shown = [];
      ghost(null);
      if (!feature) return;
      if (feature.geometry.type === "Polygon") {
        const [ring] = feature.geometry.coordinates;
        shown = [...ring.flatMap((_, i) => [corner(feature, ring, i), middle(feature, ring, i)]), whole(feature, middleOf(ring), ring)];
      } else if (feature.kind !== "site") shown = [whole(feature, feature.geometry.coordinates, feature.geometry.coordinates)];
    },
  };
}
