// @ts-check
// Lines over time with a cursor, as Replay and Live draw them.

import { COLOURS, cursorOn, node, plane, through, ticks } from "./plane.js";

// series: [{name, points: [[x, y], ...], dash, c}], limits: [[name, y]]; returns {cursor(x)}.
/**
 * @param {HTMLElement} box
 * @param {{ series: any[], title: string, unit: string, limits?: any[], x0?: number, x1?: number, y0?: number, y1?: number, clock?: boolean,
 *   onPick?: (x: number) => void, label?: (x: number) => string, height?: number, xTitle?: string }} chart
 */
export function lines(box, { series, title, unit, limits = [], x0, x1, y0 = 0, y1, clock = false, onPick, label = (x) => x.toFixed(0), height = 130, xTitle }) {
  const inside = (p) => (x0 === undefined || p[0] >= x0) && (x1 === undefined || p[0] <= x1);
  const drawn = series.map((s) => ({ ...s, points: s.points.filter(inside) })).filter((s) => s.points.length);
  const xs = drawn.flatMap((s) => s.points.map((p) => p[0]));
  const ys = [...drawn.flatMap((s) => s.points.map((p) => p[1])), ...limits.map((l) => l[1])].filter(Number.isFinite);
  const low = x0 ?? Math.min(...xs), high = x1 ?? Math.max(...xs);
  const bottom = Math.min(y0, ...ys), top = y1 ?? Math.max(...ys, bottom + 1) * 1.05;
  const paper = plane({ height, name: title, x: { from: low, to: high, ticks: ticks(low, high, 5, clock), label, title: xTitle }, y: { from: bottom, to: top, title: `${title}, ${unit}` } });
  const { svg, py, edges } = paper;
  for (const [name, y] of limits) svg.append(node("line", { class: "limit", x1: edges.left, x2: edges.right, y1: py(y), y2: py(y) }), node("text", { x: edges.left + 3, y: py(y) + 11 }, name));
  let legend = edges.right;
  drawn.forEach((s, i) => {
    const colour = s.c ?? i % COLOURS;
    svg.append(node("path", { d: through(paper, s.points), class: `line c${colour}`, "stroke-dasharray": s.dash ?? "none" }));
    if (drawn.length < 2) return;
    const words = `${s.dash ? "┄" : "─"} ${s.name.length > 20 ? `${s.name.slice(0, 19)}…` : s.name}`;
    svg.append(node("text", { x: legend, y: 12, "text-anchor": "end", class: `legend c${colour}` }, words));
    legend -= 6.4 * words.length + 8;
  });
  const cursor = cursorOn(paper, low, high);
  if (onPick) svg.addEventListener("click", (event) => onPick(paper.valueAt(event)));
  box.replaceChildren(svg);
  return { cursor };
}
