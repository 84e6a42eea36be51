// @ts-check
// What a GO still needs, step by step, with the findings that each step would clear.

import { $, element, first } from "./common.js";
import { icon } from "./icons.js";
import { drawFact } from "./plan-facts.js";
import { oneFinding } from "./plan-findings.js";

const SIGNS = { done: "ok", "to do": "warning", "on the day": "follow" };

const opened = new Set();
let touched = false;
first("#needs summary")?.addEventListener("click", () => (touched = true));

function summaryOf({ title, state, findings, words }) {
  const found = findings.length + words.length;
  const count = found ? ` · ${found} ${found === 1 ? "finding" : "findings"}` : "";
  return [icon(SIGNS[state]), element("span", {}, title), element("span", { class: "hint" }, `${state}${count}`)];
}

function step(item, { onPick, onState }) {
  const { id, state, findings, words, facts } = item;
  const shown = { class: `step ${state.replaceAll(" ", "-")}`, "data-step": id };
  if (!findings.length && !words.length && !facts.length) return element("li", shown, element("div", { class: "step-line" }, ...summaryOf(item)));
  const keep = (event) => event.target === event.currentTarget && (event.target.open ? opened.add(id) : opened.delete(id));
  const line = element("summary", { class: "step-line", "data-key": `step:${id}` }, ...summaryOf(item));
  const list = element("ul", { class: "findings" }, ...words.map((text) => element("li", {}, text)), ...findings.map((finding) => oneFinding(finding, onPick)));
  const stated = element("div", { class: "facts" }, ...facts.map((fact) => drawFact(fact, onState)));
  return element("li", shown, element("details", { open: opened.has(id), ontoggle: keep }, line, list, stated));
}

// `onPick(finding)` shows a finding on the map, `onState(fact, answers)` sends a fact that was stated.
export function drawChecklist(items, acts) {
  const left = items.filter(({ state }) => state === "to do").length;
  // With nothing left to do the list makes room for the times; who opens or closes it keeps it so.
  if (!touched) $("needs").open = left > 0;
  $("checklist-count").textContent = left ? `${left} of ${items.length} steps to do` : "nothing to do before the day";
  $("checklist").replaceChildren(...items.map((item) => step(item, acts)));
}
