// @ts-check
// The form of a feature: its fields with units and limits, and who says so. It gives the edit that makes it so.

import { element, first, focused } from "./common.js";
import { fieldOf, vouching } from "./form-fields.js";
import { bearingDeg, distanceM } from "./geometry.js";
import { idFor } from "./notations.js";

const VOUCHING = ["source", "assumed", "note"];
const alike = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// The form of a kind as inputs. `fields` are the values it begins with; `taken` the ids of its kind.
function body(form, fields, taken) {
  const parts = Object.fromEntries(form.fields.map((field) => [field.name, fieldOf(field, fields[field.name])]));
  const said = form.sourced ? vouching(fields) : null;
  if (parts.id && parts.name && !fields.id) {
    let own = true;
    parts.id.input.addEventListener("input", () => (own = parts.id.input.value === ""));
    parts.name.input.addEventListener("input", () => own && (parts.id.input.value = idFor(parts.name.input.value, taken)));
  }
  const nodes = [...Object.values(parts).map(({ node }) => node), ...(said ? [said.node] : [])];
  const read = () => {
    const found = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.read()]).filter(([, value]) => value !== undefined));
    return { ...found, ...said?.read() };
  };
  return { parts, nodes, read };
}

// What changes a feature's fields: values that differ, and fields that were emptied.
function edits(path, before, after, form) {
  const names = [...form.fields.map(({ name }) => name), ...(form.sourced ? VOUCHING : [])];
  const defaults = Object.fromEntries(form.fields.map((field) => [field.name, field.default]));
  return names.flatMap((name) => {
    if (alike(before[name], after[name]) || (before[name] === undefined && alike(after[name], defaults[name]))) return [];
    return [after[name] === undefined ? { do: "remove", path: [...path, name] } : { do: "set", path: [...path, name], value: after[name] }];
  });
}

function withoutDefaults(fields, form) {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => {
    const field = form.fields.find((known) => known.name === name);
    return !field || field.required || !alike(field.default, value);
  }));
}

// Opens the form; `send(edit)` gives whether the edit was made, and the form stays open where it was not.
function open({ title, nodes, onSubmit, focus }) {
  const words = element("p", { class: "hint", role: "status" });
  const save = element("button", { type: "submit" }, "Apply");
  const leave = element("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  const form = element("form", { method: "dialog" }, element("h2", {}, title), ...nodes, words, element("div", { class: "row" }, save, leave));
  const dialog = element("dialog", { class: "feature-form", "aria-label": title }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    save.disabled = true;
    words.textContent = "Checking.";
    const done = await onSubmit();
    save.disabled = false;
    words.textContent = done ? "" : "This was not accepted; see the message.";
    if (done) dialog.close();
  });
  const returns = focused();
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (returns?.isConnected) returns.focus();
    else if (returns?.dataset?.key) first(`[data-key="${CSS.escape(returns.dataset.key)}"]`)?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  (focus ?? first("input, select", form))?.focus();
  return dialog;
}

// The form of a feature that is there.
export function editFeature({ feature, form, features, send }) {
  const taken = new Set(features.filter((other) => other.kind === feature.kind && other !== feature).map(({ id }) => id));
  const { nodes, parts, read } = body(form, feature.fields, taken);
  return open({ title: `${form.title}: ${feature.name}`, nodes, focus: (parts.name ?? parts.id)?.input, onSubmit: () => {
    const made = edits(feature.path, feature.fields, read(), form);
    return made.length ? send({ do: "all", edits: made, what: `edit ${feature.name}` }) : true;
  } });
}

const round = (value) => Math.round(value * 1e6) / 1e6;
const latLon = ([lon, lat]) => [round(lat), round(lon)];

// Where a new feature is, as fields of the scenario; `points` are [lon, lat].
function placed(form, points) {
  if (form.shape === "area") return { area: points.map(latLon) };
  const [lat, lon] = latLon(points[0]);
  return form.shape === "point" ? { lat_deg: lat, lon_deg: lon } : {};
}

function nearestSite(features, at) {
  const sites = features.filter(({ kind }) => kind === "site");
  return sites.reduce((best, site) => (distanceM(site.geometry.coordinates, at) < distanceM(best.geometry.coordinates, at) ? site : best), sites[0]);
}

const seenFrom = (site, at) => ({ distance_m: Math.max(1, Math.round(distanceM(site.geometry.coordinates, at) * 10) / 10), bearing_deg: Math.round(bearingDeg(site.geometry.coordinates, at) * 10) / 10 % 360 });

// A table of hours begins with those of the event.
function atAllHours(form, [start, end]) {
  const table = form.fields.find(({ fields = [] }) => fields.some(({ name }) => name === "start"));
  return table ? { [table.name]: [{ start, end }] } : {};
}

// The form of a feature that was just drawn; one without fields is added at once.
export function addFeature({ kind, form, points, features, period, send }) {
  if (form.shape === "place") return send({ do: "add", kind, feature: latLon(points[0]) });
  const taken = new Set(features.filter((other) => other.kind === kind).map(({ id }) => id));
  const site = form.shape === "bearing" ? nearestSite(features, points[0]) : null;
  const begins = { ...placed(form, points), ...(site ? seenFrom(site, points[0]) : {}), ...atAllHours(form, period) };
  const { nodes, parts, read } = body(form, begins, taken);
  const title = site ? `New ${form.title.toLowerCase()} near ${site.name}` : `New ${form.title.toLowerCase()}`;
  return open({ title, nodes, focus: (parts.name ?? parts.id)?.input, onSubmit: () => {
    const { area } = begins;
    const feature = { ...withoutDefaults(read(), form), ...(area ? { area } : {}) };
    return send({ do: "add", kind, feature, ...(site ? { site: site.id } : {}) });
  } });
}
