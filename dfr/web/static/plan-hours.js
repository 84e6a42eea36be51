// @ts-check
// One hour of the Plan page, or all of them: what the verdict, the times and the weather say in it.

import { element, number, percent, seconds } from "./common.js";
import { hourName, hoursChart } from "./plan-charts.js";
import { relabel } from "./icons.js";

const STEP_MS = 900;

const windWords = (h) => `${number(h.wind_mps)} m/s from ${h.wind_from_deg.toFixed(0)}°`;

// The verdict's lines in an hour: the hour first, then what the whole plan is.
export function hourVerdict(hour, verdict) {
  const whole = verdict.lines[0];
  if (verdict.verdict !== "GO") return { go: false, headline: `${hourName(hour.hour)}: do not fly`, rest: `The plan itself is not a go: ${whole}.${hour.flyable ? "" : ` In this hour also: ${hour.limited_by}.`}` };
  if (!hour.flyable) return { go: false, headline: `${hourName(hour.hour)}: do not fly`, rest: `This hour cannot be flown: ${hour.limited_by}. The whole plan: ${whole}.` };
  return { go: true, headline: `${hourName(hour.hour)}: can be flown`, rest: `A drone is overhead in time for ${percent(hour.share)} of this hour's calls. The whole plan: ${whole}.` };
}

// What limits the hour, as a finding; `more` is what is known of it once it has been asked for.
export function hourFinding(hour, more) {
  const room = typeof more?.margin_mps === "number" ? `, ${number(more.margin_mps)} m/s below the nearest wind limit` : "";
  const message = hour.flyable ? `${hourName(hour.hour)} can be flown: wind ${windWords(hour)}${room}.` : `${hourName(hour.hour)} cannot be flown: ${hour.limited_by}.`;
  return { rule: "weather and crew of the hour", severity: hour.flyable ? "ok" : "violation", message, basis: "limits", source: "The limits of the drone, the dock, the operation and the crew on duty.", fix: "", place: null, margin_m: null };
}

// The table below the times, for one hour: [words, value] pairs.
export function hourRows(hour, more, limit_s) {
  const rows = [
    [`overhead within ${limit_s.toFixed(0)} s of the decision`, hour.flyable ? percent(hour.share) : "no flight"],
    ["mean from decision to overhead", hour.flyable ? seconds(hour.mean_s) : "no flight"],
    ["slowest zone, from decision", hour.flyable ? seconds(hour.worst_s) : "no flight"],
    ["wind at 10 m", windWords(hour)],
  ];
  if (!more) return rows;
  return [...rows,
    ["gust", `${number(more.gust_mps)} m/s${more.gust_estimated ? " (estimated)" : ""}`],
    ["room to the nearest wind limit", more.margin_mps === null ? "no limit known" : `${number(more.margin_mps)} m/s`],
    ["rain", more.rain_mm_h === null || more.rain_mm_h === undefined ? "not known" : `${number(more.rain_mm_h)} mm/h`],
    ["calls expected", number(more.calls)]];
}

export const tableRows = (rows) => rows.map(([words, value]) => element("tr", {}, element("td", {}, words), element("td", { class: "n" }, value)));

// The chart, the slider and Play. `onHour(i)` gets the hour's number, or null for all hours.
export function makeHours({ chart, slider, all, play, onHour }) {
  /** @type {any[]} */
  let hours = [];
  /** @type {number | null} */
  let chosen = null;
  let limit_s = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  function say() {
    slider.setAttribute("aria-valuetext", chosen === null ? "all hours" : hourName(hours[chosen].hour));
    all.setAttribute("aria-pressed", String(chosen === null));
  }

  function draw() {
    hoursChart(chart, hours, { limit_s, chosen, onPick: pick });
    slider.disabled = play.disabled = !hours.length;
    slider.max = Math.max(0, hours.length - 1);
    say();
  }

  function pick(i) {
    chosen = i;
    if (i !== null) slider.value = i;
    draw();
    onHour(i);
  }

  function run(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => pick(chosen === null ? 0 : (chosen + 1) % hours.length), STEP_MS) : undefined;
    play.setAttribute("aria-pressed", String(on));
    relabel(play, on ? "pause" : "play", on ? "Pause" : "Play");
  }

  slider.addEventListener("input", () => (run(false), pick(Number(slider.value))));
  all.addEventListener("click", () => (run(false), pick(null)));
  play.addEventListener("click", () => run(timer === undefined));
  return {
    // A new plan: the same hour stays chosen where it still has one.
    show(next, limit) {
      const kept = chosen === null ? null : hours[chosen]?.hour;
      [hours, limit_s] = [next, limit];
      const found = hours.findIndex((hour) => hour.hour === kept);
      chosen = found < 0 ? null : found;
      draw();
    },
    get chosen() {
      return chosen === null ? null : hours[chosen];
    },
  };
}
