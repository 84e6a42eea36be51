// @ts-check
// The list of everything that is drawn, by kind: chosen, moved with the arrow keys, edited, copied and deleted.

import { element } from "./common.js";
import { shifted } from "./geometry.js";
import { stepped } from "./shape-handles.js";

// `act` holds what can be done: choose, edit, copy, remove (each of a feature), and nudge(feature, coordinates).
export function makeFeatureList({ box, act }) {
  const open = new Set();
  const moving = new Map(); // Where the arrow keys have moved a feature that is not sent yet.

  const keyOf = (feature) => `${feature.kind}/${feature.id}`;

  function keys(event, feature) {
    const key = keyOf(feature);
    if (event.key === "Delete" && !feature.single) act.remove(feature);
    if (event.key === "F2") act.edit(feature);
    const polygon = feature.geometry.type === "Polygon";
    const now = moving.get(key) ?? (polygon ? feature.geometry.coordinates[0] : feature.geometry.coordinates);
    const from = polygon ? now[0] : now;
    const to = stepped(event, from);
    if (!to) return;
    moving.set(key, shifted(now, from, to));
    act.nudge(feature, moving.get(key));
  }

  function row(feature, form, chosen) {
    const key = keyOf(feature);
    const button = (words, does, extra = {}) => element("button", { class: "use", "data-key": `${words}:${key}`, "aria-label": `${words} ${feature.name}`, onclick: () => does(feature), ...extra }, words);
    const pick = element("button", { "data-key": `feature:${key}`, "data-feature": key, "aria-pressed": String(chosen === key), onclick: () => act.choose(feature), onkeydown: (event) => keys(event, { ...feature, single: form.single }) }, feature.name);
    const more = form.single ? [] : [button("Copy", act.copy), button("Delete", act.remove)];
    return element("li", {}, pick, ...(form.fields.length ? [button("Edit", act.edit)] : []), ...more);
  }

  return {
    draw(features, forms, chosen) {
      moving.clear();
      const groups = Object.entries(forms).map(([kind, form]) => {
        const own = features.filter((feature) => feature.kind === kind);
        const details = element("details", { open: open.has(kind), "data-kind": kind }, element("summary", { "data-key": `kind:${kind}` }, `${form.title}: ${own.length}`), element("ul", { class: "picks features" }, ...own.map((feature) => row(feature, form, chosen))));
        details.addEventListener("toggle", () => (details.open ? open.add(kind) : open.delete(kind)));
        return details;
      });
      box.replaceChildren(...groups);
    },
    // Opens the kind of a feature, so that its row can be seen and focused.
    show(feature) {
      open.add(feature.kind);
      const details = box.querySelector(`[data-kind="${feature.kind}"]`);
      if (details) details.open = true;
    },
  };
}

