// @ts-check
// Short forms for facts that only a person can state; each becomes one edit of the plan.

import { element } from "./common.js";

const TYPES = { text: "text", number: "number", date: "date", time: "datetime-local" };

const typed = new Map(); // What a person has written, kept while the list is drawn again.
const opened = new Set();

function control(fact, field) {
  const key = `${fact.id}:${field.name}`;
  const keep = (event) => typed.set(key, event.target.value);
  const shared = { name: field.name, required: field.required, "data-key": `fact:${key}`, oninput: keep };
  if (field.kind !== "choice") return element("input", { ...shared, type: TYPES[field.kind], step: field.kind === "number" ? "any" : null, maxlength: 400, value: typed.get(key) ?? "" });
  const options = field.choices.map(({ value, words }) => element("option", { value, selected: value === typed.get(key) }, words));
  return element("select", shared, element("option", { value: "" }, "choose …"), ...options);
}

function answersOf(fact, form) {
  return Object.fromEntries(fact.fields.map(({ name }) => [name, form.elements[name].value]));
}

function formOf(fact, onState) {
  const submit = async (event) => {
    event.preventDefault();
    await onState(fact.id, answersOf(fact, event.target));
  };
  const rows = fact.fields.map((field) => element("label", {}, field.label, control(fact, field)));
  return element("form", { class: "fact-form", onsubmit: submit, autocomplete: "off" }, ...rows, element("button", { type: "submit" }, "State this"));
}

// `onState(fact, answers)` sends what was stated.
export function drawFact(fact, onState) {
  if (!fact.fields.length) return element("button", { class: "fact", "data-fact": fact.id, "data-key": `fact:${fact.id}`, onclick: () => onState(fact.id, {}) }, `State: ${fact.title.charAt(0).toLowerCase()}${fact.title.slice(1)}`);
  const keep = (event) => (event.target.open ? opened.add(fact.id) : opened.delete(fact.id));
  return element("details", { class: "fact", "data-fact": fact.id, open: opened.has(fact.id), ontoggle: keep }, element("summary", { "data-key": `fact:${fact.id}` }, fact.title), formOf(fact, onState));
}
