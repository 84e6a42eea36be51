// @ts-check
// Key figures and their differences in words, with their units.

import { number, percent } from "./common.js";

const UNITS = { s: " s", "min/day": " min a day", "1/day": " a day", "1/h": " an hour" };
const MINUS = "\u2212";

export const withUnit = (x, unit, digits = 1) => (x === null || x === undefined ? "-" : (unit === "share" ? percent(x) : `${number(x, digits)}${UNITS[unit] ?? ` ${unit}`}`).replace(/^-/, MINUS));

export const range = (kpi) => (kpi.low === null || kpi.low === undefined ? "not known: too few replications" : `${withUnit(kpi.low, kpi.unit)} to ${withUnit(kpi.high, kpi.unit)}`);

export function figureWords({ name }) {
  const words = name.replace(/_s$/, "").replaceAll("_", " ").replace(/^within (\d+)$/, "within $1 s of the decision").replace(/^within target\.priority\./, "in target: ").replace(/^within target\.zone\./, "in target, zone ");
  return words[0].toUpperCase() + words.slice(1);
}

// One clear difference as a sentence: what it does to whom, by how much, and how sure.
export function differenceWords(row, first, second) {
  const less = row.difference < 0;
  const size = (x) => (row.unit === "share" ? `${number(100 * Math.abs(x))} points of 100` : withUnit(Math.abs(x), row.unit));
  const clock = row.unit === "s" && row.name.includes("_to_");
  const [few, many] = clock ? ["sooner", "later"] : ["less", "more"];
  const ends = [row.low, row.high].map(Math.abs).sort((a, b) => a - b).map(size);
  const medians = row.unit === "s" && row.first_p50 !== null && row.second_p50 !== null ? `; median ${withUnit(row.first_p50, "s", 0)} against ${withUnit(row.second_p50, "s", 0)}` : "";
  return `${figureWords(row)}: ${size(row.difference)} ${less ? few : many} in run ${second} than in run ${first} (95 % interval ${ends.join(" to ")}${medians}).`;
}
