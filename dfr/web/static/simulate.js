import { $, begin, element, get, number, percent, post, stream, tell, value } from "./common.js";
import { intervals } from "./charts.js";

const TILES = ["call_to_overhead_s", "call_to_video_s", "attended", "first_on_scene", "within_target", "reserve_at_landing", "landing_first_try", "on_scene_camera_minutes_per_day"];

let runs = [];
let shown = null;
let wasRunning = false;

const words = (kpi) => kpi.name.replace(/_s$/, "").replaceAll("_", " ").replace(/^within (\d+)$/, "within $1 s").replace(/^within target\.(priority\.)?/, "in target: ");
const range = (kpi) => (kpi.low === null || kpi.low === undefined ? "-" : `${value(kpi.low, kpi.unit)} to ${value(kpi.high, kpi.unit)}`);

function drawRuns() {
  $("runs").tBodies[0].replaceChildren(...runs.map((run) => element("tr", {},
    element("td", {}, element("input", { type: "radio", name: "shown", "aria-label": `show run ${run.number}`, checked: run.number === shown, onchange: () => pick(run.number) })),
    element("td", {}, element("input", { type: "radio", name: "other", "aria-label": `compare with run ${run.number}`, disabled: run.number === shown, onchange: () => compare(run.number) })),
    element("td", {}, `${run.number}: ${run.label}`), element("td", { class: "n" }, String(run.replications)), element("td", { class: "n" }, String(run.seed)))));
}

function pick(number_) {
  shown = number_;
  const run = runs.find((r) => r.number === number_);
  if (!run) return;
  for (const box of document.querySelectorAll("[name=other]")) box.disabled = box.getAttribute("aria-label") === `compare with run ${number_}`;
  $("comparison").hidden = true;
  for (const box of document.querySelectorAll("[name=other]:checked")) box.checked = false;
  $("shown").textContent = `Figures of run ${run.number}`;
  const kpis = Object.fromEntries(run.kpis.map((kpi) => [kpi.name, kpi]));
  $("tiles").replaceChildren(...TILES.filter((name) => kpis[name]).map((name) => {
    const kpi = kpis[name];
    const main = kpi.unit === "s" ? kpi.p50 : kpi.mean;
    return element("div", { class: "tile" }, element("b", {}, kpi.unit === "s" ? `${number(main, 0)} s` : value(main, kpi.unit)), element("span", {}, `${words(kpi)}${kpi.unit === "s" ? ", median" : ""}`), element("p", { class: "hint" }, kpi.unit === "s" ? `95 % interval of the median: ${range({ ...kpi, low: kpi.p50_low, high: kpi.p50_high })} s` : `95 % interval: ${range(kpi)}`));
  }));
  intervals($("intervals"), run.kpis.filter((kpi) => kpi.unit === "share" && !kpi.name.startsWith("within_target.zone")).map((kpi) => ({ ...kpi, name: words(kpi).slice(0, 38) })));
  $("missed").replaceChildren(element("p", {}, `Calls missed: ${Object.entries(run.missed).map(([why, share]) => `${why.replaceAll("_", " ")} ${percent(share)}`).join(", ") || "none"}`));
  $("kpis").tBodies[0].replaceChildren(...run.kpis.map((kpi) => element("tr", {}, element("td", { title: kpi.what }, `${words(kpi)}${kpi.unit === "share" ? "" : `, ${kpi.unit}`}`),
    element("td", { class: "n" }, value(kpi.mean, kpi.unit)), element("td", { class: "n" }, range(kpi)), element("td", { class: "n" }, value(kpi.p50, kpi.unit)), element("td", { class: "n" }, value(kpi.p90, kpi.unit)))));
}

async function compare(other) {
  const rows = await tell(get(`api/runs/compare?first=${shown}&second=${other}`));
  $("comparison").hidden = !rows;
  if (!rows) return;
  $("differences").tBodies[0].replaceChildren(...rows.map((row) => element("tr", {}, element("td", {}, words(row)), element("td", { class: "n" }, value(row.first, row.unit)), element("td", { class: "n" }, value(row.second, row.unit)),
    element("td", { class: "n" }, value(row.difference, row.unit)), element("td", { class: "n" }, range(row)), element("td", {}, row.clear ? "clear" : ""))));
}

async function reload() {
  runs = (await tell(get("api/runs"))) ?? [];
  const last = runs.at(-1)?.number ?? null;
  if (last !== null) pick(last);
  drawRuns();
}

function onProgress(progress) {
  if (!progress) return;
  $("progress").max = Math.max(progress.total, 1);
  $("progress").value = progress.done;
  $("go").disabled = progress.running;
  $("stop").disabled = !progress.running;
  $("done").textContent = progress.running ? `${progress.done} of ${progress.total}` : progress.error;
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
  await reload();
  stream("ws/progress", onProgress);
  document.body.dataset.ready = "yes";
}

main();
