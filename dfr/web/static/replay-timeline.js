// @ts-check
// The timeline of a replay: a lane for each drone, the calls with their outcomes, the queue, and a cursor.

import { cursorOn, framed, node, plane, through, ticks } from "./plane.js";
import { PHASES, waitingSteps } from "./replay-shift.js";

const LANE = 20;
const OUTCOMES = [["call-first", "drone first"], ["call-attended", "attended"], ["call-missed", "missed"]];

function outcomeOf(call) {
  if (call.outcome === "missed") return OUTCOMES[2];
  return call.outcome === "first" ? OUTCOMES[0] : OUTCOMES[1];
}

export function shiftTimeline(box, shift, { label, onPick }) {
  const drones = Object.keys(shift.byDrone);
  const most = Math.max(1, ...shift.waiting.map(([, n]) => n));
  const queue = 44;
  const top = 8;
  const height = top + LANE * (drones.length + 1) + queue + 24;
  const paper = plane({ width: 400, height, left: 62, top, name: "Timeline of the shift", x: { from: shift.start, to: shift.end, ticks: ticks(shift.start, shift.end, 5, true), label }, y: { from: 0, to: 1, ticks: [] } });
  const { svg, px, edges, valueAt } = paper;
  const within = (t) => Math.min(Math.max(t, shift.start), shift.end);
  drones.forEach((drone, i) => {
    const y = top + i * LANE;
    svg.append(node("text", { x: edges.left - 5, y: y + 13, "text-anchor": "end" }, `drone ${i + 1}`));
    for (const bar of shift.byDrone[drone]) {
      if (bar.end_s < shift.start || bar.start_s > shift.end) continue;
      const mark = node("rect", { class: `phase ${bar.phase}`, x: px(within(bar.start_s)), y: y + 2, width: Math.max(px(within(bar.end_s)) - px(within(bar.start_s)), 0.6), height: LANE - 5 });
      mark.append(node("title", {}, `${drone}: ${bar.phase.replace("_", " ")}, ${label(bar.start_s)}`));
      svg.append(mark);
    }
  });
  const row = top + drones.length * LANE;
  svg.append(node("text", { x: edges.left - 5, y: row + 13, "text-anchor": "end" }, "calls"));
  for (const call of shift.calls.filter((c) => shift.start <= c.call_s && c.call_s <= shift.end)) {
    const [look, words] = outcomeOf(call);
    const mark = node("path", { class: look, d: look === "call-missed" ? `M${px(call.call_s) - 4} ${row + 4}l8 8m0-8l-8 8` : `M${px(call.call_s)} ${row + 3}l4.5 5l-4.5 5l-4.5-5z` });
    mark.append(node("title", {}, `Call ${call.call} (${call.grade}) at ${label(call.call_s)}: ${words}${call.reason ? `, ${call.reason}` : ""}`));
    svg.append(mark);
  }
  const floor = row + LANE + queue;
  const qy = (n) => floor - (n / most) * (queue - 6);
  svg.append(
    node("text", { x: edges.left - 5, y: floor - queue / 2 + 4, "text-anchor": "end" }, "waiting"),
    node("text", { x: edges.left - 5, y: qy(most) + 8, "text-anchor": "end" }, String(most)),
    node("path", { class: "line c4", d: through({ px, py: qy }, waitingSteps(shift).filter(([t]) => t >= shift.start && t <= shift.end)) }),
  );
  const cursor = cursorOn(paper, shift.start, shift.end);
  svg.addEventListener("click", (event) => onPick(valueAt(event)));
  const used = new Set(shift.bars.map((bar) => bar.phase));
  const came = shift.calls.filter((c) => shift.start <= c.call_s && c.call_s <= shift.end);
  const missed = came.filter((c) => c.outcome === "missed").length;
  framed(box, {
    title: "Timeline",
    says: `${came.length} calls, ${missed} missed; at most ${most} waiting at once. Click to go to a moment.`,
    legend: [...PHASES.filter(([phase]) => used.has(phase)).map(([phase, words]) => [`phase-key ${phase}`, words]), ...OUTCOMES],
  }, svg);
  return { cursor };
}
