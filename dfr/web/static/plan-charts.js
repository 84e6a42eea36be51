// @ts-check
// The charts of the Plan page: the hours, the heights along a route, and what more docks would bring.

import { between, framed, node, plane, through } from "./plane.js";
import { number, percent } from "./common.js";

const HOUR_MS = 3_600_000;
const whole = (x) => `${(100 * x).toFixed(0)} %`;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

// "Sat 24 Aug 13:00" of an ISO time, in its own zone.
export function hourName(iso) {
  const day = new Date(`${iso.slice(0, 10)}T00:00:00Z`);
  return `${DAYS[day.getUTCDay()]} ${day.getUTCDate()} ${day.toLocaleString("en-GB", { month: "short", timeZone: "UTC" })} ${iso.slice(11, 16)}`;
}

// Bars of the hours with calls, day beside day: an hour that is not flown has no bar but a cross.
export function hoursChart(box, hours, { limit_s, chosen, onPick }) {
  const title = `Calls with a drone overhead within ${limit_s.toFixed(0)} s, by hour`;
  if (!hours.length) {
    framed(box, { title, says: "No calls are expected in any hour: add demand to the scenario." });
    return;
  }
  const gap = (i) => i > 0 && Date.parse(hours[i].hour) - Date.parse(hours[i - 1].hour) > HOUR_MS;
  let slot = -1;
  const slots = hours.map((_, i) => (slot += gap(i) ? 2 : 1));
  const clock = hours.map((hour) => Number(hour.hour.slice(11, 13)));
  const labelled = slots.filter((_, i) => clock[i] % (slot > 60 ? 12 : 3) === 0).map((at) => at + 0.5);
  const paper = plane({ height: 158, name: title, x: { from: 0, to: slot + 1, ticks: labelled, label: (at) => String(clock[slots.indexOf(at - 0.5)]).padStart(2, "0"), title: "hour of the day, local time" }, y: { from: 0, to: 1, ticks: [0, 0.5, 1], label: whole } });
  const { svg, px, py, edges, valueAt } = paper;
  const wide = px(1) - px(0);
  hours.forEach((hour, i) => {
    const left = px(slots[i]);
    if (i === chosen) svg.append(node("rect", { class: "chosen-hour", x: left, y: edges.top, width: wide, height: edges.bottom - edges.top }));
    const mark = hour.flyable
      ? node("rect", { class: "bar", x: left + 0.5, y: py(hour.share), width: Math.max(wide - 1, 1), height: edges.bottom - py(hour.share) })
      : node("text", { class: "shut", x: left + wide / 2, y: edges.bottom - 3, "text-anchor": "middle" }, "✕");
    mark.append(node("title", {}, `${hourName(hour.hour)}: ${hour.flyable ? `${percent(hour.share)} of calls in time` : `not flown: ${hour.limited_by}`}`));
    svg.append(mark);
    if (i === 0 || hour.hour.slice(0, 10) !== hours[i - 1].hour.slice(0, 10)) svg.append(node("text", { class: "day", x: left, y: 12 }, hourName(hour.hour).slice(0, -6)));
  });
  svg.addEventListener("click", (event) => {
    const found = slots.indexOf(Math.floor(valueAt(event)));
    if (found >= 0) onPick(found);
  });
  const flown = hours.filter((hour) => hour.flyable).length;
  framed(box, { title, says: `${flown} of ${hours.length} hours with calls can be flown.`, legend: [["bar", "share of calls in time"], ["shut", "not flown"]] }, svg);
}

// Ground and heights of a route, in m AMSL over m from the dock.
export function profileChart(box, profile, { title, ceiling_m }) {
  if (!profile) {
    framed(box, { title, says: "This plan holds no heights along its routes: choose the docks again to have them worked out." });
    return;
  }
  const at = (of) => profile.along_m.map((m, i) => [m, of(i)]);
  const known = profile.ground_m_amsl.map((g) => g !== null);
  const ground = at((i) => profile.ground_m_amsl[i] ?? NaN);
  const above = (heights) => at((i) => (known[i] && heights[i] !== null ? profile.ground_m_amsl[i] + heights[i] : NaN));
  const [low, high] = [above(profile.lowest_m_agl), above(profile.highest_m_agl)];
  const ceiling = at((i) => (known[i] ? profile.ground_m_amsl[i] + ceiling_m : NaN));
  const values = [...ground, ...ceiling, ...high].map((p) => p[1]).filter(Number.isFinite);
  if (!values.length) {
    framed(box, { title, says: "The height of the ground is unknown along this route." });
    return;
  }
  const floor = Math.min(...values) - 8;
  const paper = plane({ height: 170, name: title, x: { from: 0, to: Math.max(profile.along_m.at(-1), 1), title: "m along the route" }, y: { from: floor, to: Math.max(...values) + 8, title: "m AMSL" } });
  const solid = ground.filter((p) => Number.isFinite(p[1]));
  paper.svg.append(
    node("path", { class: "earth", d: between(paper, solid, solid.map(([x]) => [x, floor])) }),
    node("path", { class: "limit", d: through(paper, ceiling) }),
    node("path", { class: "line c0", d: through(paper, low) }),
    node("path", { class: "line c0", d: through(paper, high), "stroke-dasharray": "4 3" }),
  );
  const gap = known.filter((k) => !k).length;
  const top = Math.max(...profile.highest_m_agl.filter((h) => h !== null));
  framed(box, {
    title,
    says: `At most ${top.toFixed(0)} m above the ground; the limit is ${ceiling_m.toFixed(0)} m.${gap ? ` The ground is unknown along ${whole(gap / known.length)} of it.` : ""}`,
    legend: [["c0 line", "lowest and highest planned height"], ["limit", "height limit"], ["earth", "ground"]],
  }, paper.svg);
}

// What the best layout of so many docks would reach; `now` is what the plan reaches with its own.
export function layoutsChart(box, layouts, { docks, share, limit_s }) {
  if (!layouts.length) {
    framed(box, { title: "More docks, or fewer", says: "This is known for docks that the planner chose: use Choose docks." });
    return;
  }
  const most = Math.max(...layouts.map((l) => l.docks), docks);
  const paper = plane({ height: 150, name: "Coverage by number of docks", x: { from: 0, to: most, ticks: layouts.map((l) => l.docks), title: "docks" }, y: { from: 0, to: 1, ticks: [0, 0.5, 1], label: whole } });
  const points = layouts.map((l) => [l.docks, l.share]);
  paper.svg.append(node("path", { class: "line c0", d: through(paper, points) }));
  for (const [x, y] of points) paper.svg.append(node("circle", { class: "fill c0", cx: paper.px(x), cy: paper.py(y), r: 3.5 }));
  paper.svg.append(node("path", { class: "fill c1", d: `M${paper.px(docks) - 6} ${paper.py(share)}l6-6l6 6l-6 6z` }));
  const more = layouts.find((l) => l.docks === docks + 1);
  framed(box, {
    title: "More docks, or fewer",
    says: more ? `One more dock could bring ${number(100 * (more.share - share), 0)} more calls of 100 within ${limit_s.toFixed(0)} s.` : `Calls overhead within ${limit_s.toFixed(0)} s of the decision, for the best layout of so many docks.`,
    legend: [["c0 dot", "best layout of so many docks"], ["c1 diamond", "this plan"]],
  }, paper.svg);
}
