// @ts-check
// The events of a replay as a list: the last one is marked, each is a button that goes to its moment.

import { element } from "./common.js";

const SHOWN = 400;

export function makeEvents({ box, previous, next, onPick }) {
  /** @type {any[]} */
  let events = [];
  /** @type {any[]} */
  let rows = [];
  let marked = -1;
  let now = 0;

  function mark(i) {
    if (i === marked) return;
    rows[marked]?.removeAttribute("aria-current");
    marked = i;
    rows[i]?.setAttribute("aria-current", "step");
    const row = rows[i];
    if (row && !box.contains(document.activeElement)) box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }

  // A little past the moment, so that the next press goes on.
  const go = (i) => events[i] && onPick(events[i].t_s);
  previous.addEventListener("click", () => go(events.findLastIndex((event) => event.t_s < now - 0.5)));
  next.addEventListener("click", () => go(events.findIndex((event) => event.t_s > now + 0.5)));

  return {
    show(found, label) {
      events = found;
      marked = -1;
      rows = events.slice(0, SHOWN).map((event, i) => element("li", {}, element("button", { class: `event ${event.kind}`, onclick: () => go(i) }, element("time", {}, label(event.t_s)), element("span", {}, event.words))));
      box.replaceChildren(...(rows.length ? rows : [element("li", { class: "hint" }, "Nothing is recorded here besides the flight itself.")]));
      previous.disabled = next.disabled = !events.length;
    },
    at(t) {
      now = t;
      mark(events.findLastIndex((event) => event.t_s <= t + 0.05));
    },
  };
}
