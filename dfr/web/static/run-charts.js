// @ts-check
// The charts of the Simulate page, each with a title, axes, units and a sentence that says what it shows.

import { between, framed, node, plane, through } from "./plane.js";
import { hourName } from "./plan-charts.js";

const whole = (x) => `${(100 * x).toFixed(0)} %`;

// rows: [{name, low, mean, high}], shares of 0 to 1 as dots with their 95 % intervals.
export function intervalsChart(box, rows) {
  const line = 22;
  const top = 8;
  const paper = plane({ width: Math.max(box.clientWidth, 560), height: rows.length * line + top + 36, left: 250, right: 24, top, name: "Shares with their 95 % intervals", x: { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1], label: whole, title: "share" }, y: { from: 0, to: rows.length, ticks: [] } });
  const { svg, px, edges } = paper;
  for (const at of [0.25, 0.5, 0.75, 1]) svg.append(node("line", { class: "grid", x1: px(at), x2: px(at), y1: edges.top, y2: edges.bottom }));
  rows.forEach((row, i) => {
    const y = edges.top + (i + 0.5) * line;
    svg.append(node("text", { x: edges.left - 8, y: y + 4, "text-anchor": "end" }, row.name));
    if (row.low !== null && row.high !== null) svg.append(node("line", { class: "line c0 thick", x1: px(row.low), x2: px(row.high), y1: y, y2: y }));
    if (row.mean !== null) svg.append(node("circle", { class: "fill c0", cx: px(row.mean), cy: y, r: 4.5 }));
  });
  framed(box, { title: "Shares, and how sure they are", says: "A dot is the mean over all replications; its line is the 95 % interval.", legend: [["c0 dot", "mean"], ["c0 line", "95 % interval"]] }, svg);
}

const hour = (iso) => iso.slice(11, 13);
const share = (x) => (x === null ? NaN : x);

// The share of all calls of a grade with a drone overhead by each second, its interval, and its target.
export function responseCharts(box, curves) {
  box.replaceChildren(...curves.map((curve, i) => {
    const own = document.createElement("div");
    const end = curve.at_s.at(-1);
    const paper = plane({ width: 400, height: 190, name: `Response times of ${curve.grade} calls`, x: { from: 0, to: end, title: "s from the call to overhead" }, y: { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1], label: whole, title: "of all calls" } });
    const { svg, px, py, edges } = paper;
    const line = (of) => curve.at_s.map((t, k) => [t, share(of[k])]);
    const known = curve.low.some((low) => low !== null);
    const c = `c${i % 6}`;
    if (known) svg.append(node("path", { class: `band ${c}`, d: between(paper, line(curve.high), line(curve.low)) }));
    svg.append(
      node("path", { class: `line ${c}`, d: through(paper, line(curve.share)) }),
      node("line", { class: "limit", x1: px(curve.target_s), x2: px(curve.target_s), y1: edges.top, y2: edges.bottom }),
      node("text", { x: px(curve.target_s) + 4, y: edges.top + 10 }, `target ${curve.target_s.toFixed(0)} s`),
      node("circle", { class: `fill ${c}`, cx: px(curve.target_s), cy: py(curve.in_target), r: 4 }),
    );
    const ends = curve.share.at(-1);
    framed(own, {
      title: `${curve.grade}: ${whole(curve.in_target)} within ${curve.target_s.toFixed(0)} s`,
      says: `Of ${curve.calls.toLocaleString("en-GB")} simulated calls. By ${end.toFixed(0)} s a drone is overhead at ${whole(ends)}; the rest come later or are missed.${known ? "" : " Too few replications for an interval."}`,
      legend: [[`${c} line`, "share of all calls"], ...(known ? [[`${c} band`, "95 % interval"]] : []), ["limit", "target"]],
    }, svg);
    return own;
  }));
}

// Calls of each hour, stacked: attended, then missed by reason.
export function missedChart(box, hours) {
  const total = hours.calls.reduce((a, b) => a + b, 0);
  const lost = hours.missed.map(({ reason, calls }) => ({ reason, calls, sum: calls.reduce((a, b) => a + b, 0) }));
  const shown = lost.slice(0, 4);
  const rest = lost.slice(4);
  if (rest.length) shown.push({ reason: "other reasons", calls: hours.hour.map((_, i) => rest.reduce((sum, { calls }) => sum + calls[i], 0)), sum: rest.reduce((sum, r) => sum + r.sum, 0) });
  const parts = [{ name: "attended", calls: hours.attended, look: "c2" }, ...shown.map(({ reason, calls }, i) => ({ name: `missed: ${reason}`, calls, look: ["c4", "c1", "c3", "c0", "c5"][i] }))];
  const most = Math.max(...hours.calls, 0.1);
  const n = hours.hour.length;
  const paper = hourly(hours.hour, { name: "Calls by hour", to: most * 1.08, title: "calls an hour, mean of the replications" });
  for (let i = 0; i < n; i += 1) {
    let base = 0;
    for (const part of parts) {
      const size = part.calls[i];
      if (size <= 0) continue;
      const bar = node("rect", { class: `fill ${part.look}`, x: paper.px(i) + 0.5, y: paper.py(base + size), width: Math.max(paper.px(1) - paper.px(0) - 1, 1), height: paper.py(base) - paper.py(base + size) });
      bar.append(node("title", {}, `${hours.hour[i].slice(0, 16).replace("T", " ")}: ${part.name} ${size.toFixed(2)}`));
      paper.svg.append(bar);
      base += size;
    }
  }
  const gone = lost.reduce((sum, each) => sum + each.sum, 0);
  framed(box, {
    title: "Calls by hour: attended, and why the others were missed",
    says: gone ? `${whole(gone / total)} of calls are missed; most often: ${lost[0].reason} (${whole(lost[0].sum / total)} of all calls).` : "No call is missed.",
    legend: parts.map(({ name, look }) => [look, name]),
  }, paper.svg);
}

// An hourly chart: slots beside each other, the day above its first hour.
function hourly(starts, { name, to, title }) {
  const n = Math.max(starts.length, 1);
  const every = n > 48 ? 6 : 3;
  const labelled = starts.map((_, i) => i).filter((i) => Number(hour(starts[i])) % every === 0).map((i) => i + 0.5);
  const paper = plane({ width: 720, height: 230, top: 30, name, x: { from: 0, to: n, ticks: labelled, label: (at) => hour(starts[at - 0.5]), title: "hour of the day, local time" }, y: { from: 0, to, title } });
  starts.forEach((start, i) => {
    if (i > 0 && start.slice(0, 10) === starts[i - 1].slice(0, 10)) return;
    paper.svg.append(node("text", { class: "day", x: paper.px(i) + 2, y: 26 }, hourName(start).slice(0, -6)));
    if (i) paper.svg.append(node("line", { class: "axis", x1: paper.px(i), x2: paper.px(i), y1: paper.edges.top - 12, y2: paper.edges.bottom }));
  });
  return paper;
}

// Drones in use and ready, and how many the crews may have in use, hour by hour.
export function useChart(box, hours) {
  const top = Math.max(hours.drones, ...hours.crew, 1);
  const paper = hourly(hours.hour, { name: "Use of drones and crews", to: top * 1.08, title: "drones" });
  const steps = (values) => values.flatMap((v, i) => [[i, v], [i + 1, v]]);
  paper.svg.append(
    node("path", { class: "band c0", d: between(paper, steps(hours.in_use), steps(hours.in_use.map(() => 0))) }),
    node("path", { class: "line c0", d: through(paper, steps(hours.in_use)) }),
    node("path", { class: "line c2", d: through(paper, steps(hours.ready)), "stroke-dasharray": "6 3" }),
    node("path", { class: "limit", d: through(paper, steps(hours.crew)) }),
  );
  const busiest = hours.in_use.reduce((best, v, i) => (v > hours.in_use[best] ? i : best), 0);
  const at = hours.hour[busiest];
  framed(box, {
    title: "Use of drones and crews, by hour",
    says: at ? `Busiest at ${hourName(at)}: on average ${hours.in_use[busiest].toFixed(1)} of ${hours.drones} drones are out; the crew on duty may have ${hours.crew[busiest].toFixed(1)} out at once.` : "Nothing flew.",
    legend: [["c0", "drones out, from dispatch to touchdown"], ["c2 line", "charged and ready in a dock"], ["limit", "drones the crew may have out"]],
  }, paper.svg);
}

const SHADES = ["#f7fbff", "#e3eef8", "#cfe1f2", "#b5d4e9", "#93c3df", "#6daed5", "#4b97c9", "#2f7ebc", "#1864aa", "#0a4a90"];
const shade = (x) => SHADES[Math.min(SHADES.length - 1, Math.floor(x * SHADES.length))];

// The zones as a small map, coloured by the share of their calls within target.
export function coverageMap(box, layers, zones) {
  const known = Object.fromEntries(zones.map((zone) => [zone.id, zone]));
  const rings = layers.zones.features.flatMap((f) => f.geometry.coordinates.map((polygon) => ({ zone: known[f.properties.id], ring: polygon[0] }))).filter(({ zone }) => zone);
  const edge = layers.keep_in.features.flatMap((f) => f.geometry.coordinates.map((polygon) => polygon[0]));
  const all = [...edge.flat(), ...rings.flatMap(({ ring }) => ring)];
  const [west, east] = [Math.min(...all.map((p) => p[0])), Math.max(...all.map((p) => p[0]))];
  const [south, north] = [Math.min(...all.map((p) => p[1])), Math.max(...all.map((p) => p[1]))];
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const W = 720;
  const H = Math.min(520, Math.max(220, (W * (north - south)) / ((east - west) * narrow || 1)));
  const scale = Math.min((W - 20) / ((east - west) * narrow || 1), (H - 20) / (north - south || 1));
  const put = ([x, y]) => [W / 2 + (x - (west + east) / 2) * narrow * scale, H / 2 - (y - (south + north) / 2) * scale];
  const d = (ring) => `M${ring.map((p) => put(p).map((v) => v.toFixed(1)).join(" ")).join("L")}Z`;
  const svg = node("svg", { viewBox: `0 0 ${W} ${H.toFixed(0)}`, role: "img", "aria-label": "Map of the zones by share of calls within target" });
  for (const ring of edge) svg.append(node("path", { class: "fence", d: d(ring) }));
  for (const { zone, ring } of rings) {
    const area = node("path", { class: "zone", d: d(ring), fill: zone.share === null ? "none" : shade(zone.share) });
    area.append(node("title", {}, `${zone.name}: ${zone.share === null ? "no calls" : `${whole(zone.share)} of ${zone.calls} calls within target`}`));
    svg.append(area);
  }
  for (const { zone, ring } of rings) {
    const middle = put([ring.reduce((s, p) => s + p[0], 0) / ring.length, ring.reduce((s, p) => s + p[1], 0) / ring.length]);
    svg.append(node("text", { class: "zone-share", x: middle[0], y: middle[1] + 4, "text-anchor": "middle" }, zone.share === null ? "-" : whole(zone.share)));
  }
  for (const site of layers.sites.features.filter((f) => f.properties.dock)) {
    const [x, y] = put(site.geometry.coordinates);
    svg.append(node("rect", { class: "place", x: x - 6, y: y - 6, width: 12, height: 12, rx: 2 }));
  }
  const scored = zones.filter((zone) => zone.share !== null).sort((a, b) => a.share - b.share);
  framed(box, {
    title: "Calls within their target time, by zone",
    says: scored.length ? `Best: ${scored.at(-1).name} (${whole(scored.at(-1).share)}). Worst: ${scored[0].name} (${whole(scored[0].share)}${scored[0].low === null ? "" : `, 95 % interval ${whole(scored[0].low)} to ${whole(scored[0].high)}`}).` : "No calls came in.",
    legend: [["scale", "0 to 100 % within target"], ["place-key", "dock"], ["fence-key", "boundary that drones stay inside"]],
  }, svg);
}
