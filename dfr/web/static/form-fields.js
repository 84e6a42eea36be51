// @ts-check
// The fields of a feature's form as inputs, and what is in them as the values of a scenario.
// Units, limits and words come from the schema of the scenario.

import { all, element, first } from "./common.js";

const TIME = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d$/;
const clean = (object) => Object.fromEntries(Object.entries(object).filter(([, item]) => item !== undefined && item !== "" && item !== null));

let made = 0;
const nextId = () => `field-${(made += 1)}`;

function labelled(field, input, ...more) {
  input.id ||= nextId();
  const words = `${field.label}${field.unit ? `, ${field.unit}` : ""}`;
  const limits = [field.above !== undefined ? `above ${field.above}` : field.min !== undefined ? `from ${field.min}` : "", field.max !== undefined && field.max < 1e6 ? `to ${field.max}` : ""].filter(Boolean).join(" ");
  const help = [field.help, limits].filter(Boolean).join("; ");
  const hint = help ? [element("span", { class: "hint", id: `${input.id}-help` }, help)] : [];
  if (help) input.setAttribute("aria-describedby", `${input.id}-help`);
  return element("div", { class: "field" }, element("label", { for: input.id }, words), input, ...more, ...hint);
}

function numberInput(field, value) {
  const input = element("input", { type: "number", step: field.input === "whole" ? 1 : "any", min: field.min ?? field.above, max: field.max, required: field.required, value: value ?? "" });
  if (field.above !== undefined) input.addEventListener("input", () => input.setCustomValidity(Number(input.value) <= field.above && input.value !== "" ? `More than ${field.above}` : ""));
  return input;
}

const numberIn = (input) => (input.value === "" ? undefined : Number(input.value));

function choiceInput(choices, value, required) {
  const none = value === undefined || value === null || value === "";
  return element("select", { required }, ...(none || !required ? [element("option", { value: "", selected: none }, "choose")] : []), ...choices.map((choice) => element("option", { value: choice, selected: choice === value }, choice)));
}

function timeInput(field, value) {
  const plain = !value || TIME.test(value);
  return element("input", { type: plain ? "datetime-local" : "text", required: field.required, value: plain ? (value ?? "").replace(" ", "T") : value });
}

// Who says so: a source, or that it is assumed and why. `read` gives the fields of the scenario.
export function vouching(fields = {}, legend = "Who says so") {
  const name = nextId();
  const radio = (value, words, checked) => element("label", {}, element("input", { type: "radio", name, value, checked, required: true }), words);
  const assumed = fields.assumed === true;
  const text = element("input", { type: "text", required: true, "aria-label": `${legend}: the source, or why it is assumed`, "data-field": "said", value: (assumed ? fields.note : fields.source) ?? "", placeholder: "the document, survey or person; or why it is assumed" });
  const node = element("fieldset", { class: "vouching" }, element("legend", {}, legend), radio("source", "Source", Boolean(fields.source) && !assumed), radio("assumed", "Assumed", assumed), text);
  const read = () => {
    const isAssumed = first("input:checked", node)?.value === "assumed";
    if (isAssumed) return clean({ source: fields.source, assumed: true, note: text.value });
    return clean({ source: text.value, note: assumed ? undefined : fields.note });
  };
  return { node, read };
}

function figureField(field, value) {
  const before = typeof value === "object" && value !== null ? value : {};
  const input = numberInput(field, before.value);
  input.dataset.field = field.name;
  const said = vouching(before, `Who says so: ${field.label.toLowerCase()}`);
  const node = element("div", { class: "figure" }, labelled(field, input), said.node);
  const optional = () => {
    for (const control of all("input", said.node)) control.required = field.required || input.value !== "";
  };
  input.addEventListener("input", optional);
  optional();
  return { node, read: () => (input.value === "" ? undefined : { value: Number(input.value), ...said.read() }) };
}

function durationField(field, value = {}) {
  const shape = choiceInput(field.choices, value.shape, true);
  const median = numberInput({ input: "number", min: 0, required: true }, value.median_s);
  const p90 = numberInput({ input: "number", min: 0 }, value.p90_s);
  const said = vouching(value, `Who says so: ${field.label.toLowerCase()}`);
  for (const [name, input] of Object.entries({ shape, median_s: median, p90_s: p90 })) input.dataset.field = `${field.name}.${name}`;
  const part = (label, input, help = "") => labelled({ label: `${field.label}: ${label}`, unit: label === "shape" ? "" : "s", help }, input);
  const node = element("div", { class: "figure" }, part("shape", shape, field.help), part("median", median, "half of them are shorter"), part("90th percentile", p90, "nine in ten are shorter; for lognormal only"), said.node);
  return { node, read: () => ({ shape: shape.value, median_s: numberIn(median), ...clean({ p90_s: numberIn(p90) }), ...said.read() }) };
}

function tableField(field, value = []) {
  const body = element("tbody");
  /** @type {any[]} */
  let rows = [];
  const add = (row = {}) => {
    const cells = field.fields.map((column) => fieldOf(column, row[column.name], true));
    const gone = element("button", { type: "button", class: "use", "aria-label": `Take row ${rows.length + 1} out`, onclick: () => {
      line.remove();
      rows = rows.filter((other) => other !== cells);
    } }, "Take out");
    const line = element("tr", {}, ...cells.map((cell) => element("td", {}, cell.node)), element("td", {}, gone));
    rows.push(cells);
    body.append(line);
  };
  value.forEach(add);
  if (!value.length) add();
  const heads = field.fields.map((column) => element("th", {}, `${column.label}${column.unit ? `, ${column.unit}` : ""}`));
  const more = element("button", { type: "button", onclick: () => add(rows.length ? Object.fromEntries(rows.at(-1).map((cell, i) => [field.fields[i].name, cell.read()])) : {}) }, "Add a row");
  const node = element("fieldset", {}, element("legend", {}, field.label), element("table", {}, element("thead", {}, element("tr", {}, ...heads, element("th"))), body), more);
  return { node, read: () => rows.map((cells) => clean(Object.fromEntries(cells.map((cell, i) => [field.fields[i].name, cell.read()])))) };
}

// A field: its node, and `read` for the value in it; undefined where it is left out. `bare` leaves out the label.
export function fieldOf(field, value, bare = false) {
  if (field.input === "figure") return figureField(field, value);
  if (field.input === "duration") return durationField(field, value);
  if (field.input === "table") return tableField(field, value);
  const input = inputOf(field, value ?? field.default);
  input.dataset.field = field.name;
  if (bare) input.setAttribute("aria-label", field.label);
  return { node: bare ? input : labelled(field, input), input, read: () => readInput(field, input) };
}

function inputOf(field, value) {
  if (field.input === "number" || field.input === "whole") return numberInput(field, value);
  if (field.input === "choice") return choiceInput(field.choices, value, field.required);
  if (field.input === "flag") return element("input", { type: "checkbox", checked: value === true });
  if (field.input === "time") return timeInput(field, value);
  return element("input", { type: "text", required: field.required, maxlength: field.longest, pattern: field.pattern?.replace(/^\^|\$$/g, "").replaceAll("-]", "\\-]"), value: value ?? "" });
}

function readInput(field, input) {
  if (field.input === "flag") return input.checked;
  if (field.input === "number" || field.input === "whole") return numberIn(input);
  if (field.input === "time") return input.value === "" ? undefined : input.value.replace("T", " ");
  return input.value === "" ? undefined : input.value;
}
