// @ts-check
import { $, all, begin, element, get, number, percent, post, stream, tell } from "./common.js";
import { coverageMap, intervalsChart, missedChart, responseCharts, useChart } from "./run-charts.js";
import { followStanding } from "./standing.js";
import { differenceWords, figureWords, range, withUnit } from "./run-words.js";

const TILES = ["call_to_overhead_s", "within_target", "attended", "first_on_scene", "call_to_video_s", "reserve_at_landing", "utilisation", "on_scene_camera_minutes_per_day"];
const MOST_SENTENCES = 8;

/** @type {import("./contracts.d.ts").Run[]} */

let runs = [];
/** @type {number | null} */
let shown = null;
let wasRunning = false;
/** @type {Record<string, import("./contracts.d.ts").FeatureCollection> | null | undefined} */
let layers = null;
/** @type {string | null} */
let state = null; // Of the plan as it is now; a run may be of an earlier one.

function drawRuns() {
  $("empty").hidden = runs.length > 0;
  $("results").hidden = runs.length === 0;
  $("alone").hidden = runs.length > 1;
  $("runs").tBodies[0].replaceChildren(...runs.map((run) => element("tr", {},
    element("td", {}, element("input", { type: "radio", name: "shown", "aria-label": `show run ${run.number}`, checked: run.number === shown, onchange: () => pick(run.number) })),
    element("td", {}, element("input", { type: "radio", name: "other", "aria-label": `compare with run ${run.number}`, disabled: run.number === shown, onchange: () => compare(run.number) })),
    element("td", {}, `${run.number}: ${run.label}`, ...(run.state && state && run.state !== state ? [element("span", { class: "worse" }, " · of an earlier plan")] : [])), element("td", { class: "n" }, String(run.replications)), element("td", { class: "n" }, String(run.seed)))));
}

function tile(kpi) {
  const timed = kpi.unit === "s";
  const sure = timed ? { ...kpi, low: kpi.p50_low, high: kpi.p50_high } : kpi;
  return element("div", { class: "tile" }, element("b", {}, withUnit(timed ? kpi.p50 : kpi.mean, kpi.unit, timed ? 0 : 1)), element("span", {}, `${figureWords(kpi)}${timed ? ", median" : ""}`),
    element("p", { class: "hint" }, `${kpi.what}; 95 % interval ${timed ? "of the median " : ""}${range(sure)}`));
}

// The run in two sentences.
function inWords(run, kpis) {
  const { attended, call_to_overhead_s: soon, within_target: target } = kpis;
  const parts = [];
  if (attended?.mean != null) parts.push(`A drone arrives at ${percent(attended.mean)} of all calls${target?.mean != null ? `, and at ${percent(target.mean)} of all calls within the target time of their grade` : ""}.`);
  if (soon?.p50 != null) parts.push(`Where one arrives, half are reached within ${number(soon.p50, 0)} s of the call and 9 in 10 within ${number(soon.p90, 0)} s.`);
  return parts.join(" ");
}

async function drawCharts(number_) {
  const charts = await tell(get(`api/runs/charts?run=${number_}`));
  if (!charts || charts.number !== shown) return;
  responseCharts($("curves"), charts.curves);
  missedChart($("missed"), charts.hours);
  useChart($("use"), charts.hours);
  layers ??= (await tell(get("api/plan")))?.layers;
  if (layers) coverageMap($("coverage-map"), layers, charts.zones);
}

function pick(number_) {
  shown = number_;
  const run = runs.find((r) => r.number === number_);
  if (!run) return;
  for (const box of all("[name=other]")) box.disabled = box.getAttribute("aria-label") === `compare with run ${number_}`;
  $("comparison").hidden = true;
  for (const box of all("[name=other]:checked")) box.checked = false;
  $("shown").textContent = `Run ${run.number}: ${run.label}`;
  const kpis = Object.fromEntries(run.kpis.map((kpi) => [kpi.name, kpi]));
  $("in-words").textContent = inWords(run, kpis);
  $("tiles").replaceChildren(...TILES.filter((name) => kpis[name]).map((name) => tile(kpis[name])));
  intervalsChart($("intervals"), run.kpis.filter((kpi) => kpi.unit === "share" && !kpi.name.startsWith("within_target.zone") && kpi.mean !== null).map((kpi) => ({ ...kpi, name: figureWords(kpi).slice(0, 38) })));
  $("kpis").tBodies[0].replaceChildren(...run.kpis.map((kpi) => element("tr", {}, element("td", {}, element("strong", {}, figureWords(kpi)), element("br"), element("span", { class: "hint" }, kpi.what)),
    element("td", { class: "n" }, withUnit(kpi.mean, kpi.unit)), element("td", { class: "n" }, range(kpi)), ...[kpi.p50, kpi.p90].map((value) => element("td", { class: "n" }, kpi.percentiles_of === "observations" ? withUnit(value, kpi.unit) : "")))));
  drawCharts(number_);
}

async function compare(other) {
  const rows = await tell(get(`api/runs/compare?first=${shown}&second=${other}`));
  $("comparison").hidden = !rows;
  if (!rows) return;
  $("first-name").textContent = `Run ${shown}, mean`;
  $("second-name").textContent = `Run ${other}, mean`;
  const clear = rows.filter((row) => row.clear_among_all).map((row) => differenceWords(row, shown, other));
  $("sentences").replaceChildren(...(clear.length ? clear.slice(0, MOST_SENTENCES) : ["No difference is clear: more replications may show one."]).map((words) => element("li", {}, words)));
  $("differences").tBodies[0].replaceChildren(...rows.map((row) => element("tr", {}, element("td", {}, figureWords(row)), element("td", { class: "n" }, withUnit(row.first, row.unit)), element("td", { class: "n" }, withUnit(row.second, row.unit)),
    element("td", { class: "n" }, withUnit(row.difference, row.unit)), element("td", { class: "n" }, range(row)), element("td", {}, row.clear_among_all ? "clear" : row.clear ? "may be chance" : ""))));
}

async function reload() {
  runs = (await tell(get("api/runs"))) ?? [];
  const last = runs.at(-1)?.number ?? null;
  shown = last;
  drawRuns();
  if (last !== null) pick(last);
}

function leftWords(s) {
  if (s === null || s === undefined) return "";
  return s < 90 ? `, about ${Math.max(1, Math.round(s))} s left` : `, about ${Math.round(s / 60)} min left`;
}

function onProgress(progress) {
  if (!progress) return;
  $("progress").max = String(Math.max(progress.total, 1));
  $("progress").value = String(progress.done);
  $("go").disabled = progress.running;
  $("stop").disabled = !progress.running;
  $("done").textContent = progress.running ? `${progress.done} of ${progress.total} replications${leftWords(progress.left_s)}` : progress.error;
  if (wasRunning && !progress.running) reload();
  wasRunning = progress.running;
}

async function main() {
  const about = await begin();
  $("go").disabled = !about.plan;
  $("start").addEventListener("submit", async (event) => {
    event.preventDefault();
    const progress = await tell(post("api/simulate", { replications: Number($("replications").value), seed: Number($("seed").value) }));
    if (progress) {
      wasRunning = true;
      onProgress({ ...progress, running: true });
    }
  });
  $("stop").addEventListener("click", () => tell(post("api/simulate/stop")));
  if (about.plan) followStanding((standing) => {
    const changed = standing.state !== state;
    state = standing.state;
    if (!changed) return;
    layers = null;
    drawRuns();
  });
  await reload();
  stream("ws/progress", onProgress);
  document.body.dataset.ready = "yes";
}

main();
