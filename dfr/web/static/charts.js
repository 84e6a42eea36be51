// Small line charts as SVG, with a cursor that follows the replay. No styles in attributes: the page's CSP forbids them.

const NS = "http://www.w3.org/2000/svg";
export const COLOURS = ["#0072b2", "#b86e00", "#007a56", "#8e3b8f", "#a33a05", "#56606b"];

function node(tag, attributes, words) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (words !== undefined) made.textContent = words;
  return made;
}

const CLOCK_S = [1, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

// Round numbers from low to high, at most about so many; of times, round minutes and hours.
function ticks(low, high, count, clock = false) {
  const span = high - low || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (clock && CLOCK_S.find((s) => s >= rough)) || [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + 1e-9; at += step) found.push(at);
  return found;
}

// series: [{name, points: [[x, y], ...], dash}], limits: [[name, y]]; returns {cursor(x)}.
export function lines(box, { series, title, unit, limits = [], x0, x1, y0 = 0, y1, clock = false, onPick, label = (x) => x.toFixed(0), height = 130 }) {
  const W = 400, H = height, L = 40, R = 8, T = 18, B = 20;
  const inside = (p) => (x0 === undefined || p[0] >= x0) && (x1 === undefined || p[0] <= x1);
  const drawn = series.map((s) => ({ ...s, points: s.points.filter(inside) })).filter((s) => s.points.length);
  const xs = drawn.flatMap((s) => s.points.map((p) => p[0]));
  const ys = [...drawn.flatMap((s) => s.points.map((p) => p[1])), ...limits.map((l) => l[1])].filter(Number.isFinite);
  const low = x0 ?? Math.min(...xs), high = x1 ?? Math.max(...xs);
  const bottom = Math.min(y0, ...ys), top = y1 ?? Math.max(...ys, bottom + 1) * 1.05;
  const px = (x) => L + ((x - low) / (high - low || 1)) * (W - L - R);
  const py = (y) => H - B - ((y - bottom) / (top - bottom || 1)) * (H - T - B);
  const svg = node("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title });
  for (const y of ticks(bottom, top, 4)) {
    svg.append(node("line", { class: "grid", x1: L, x2: W - R, y1: py(y), y2: py(y) }), node("text", { x: L - 4, y: py(y) + 4, "text-anchor": "end" }, String(+y.toPrecision(3))));
  }
  for (const x of ticks(low, high, 5, clock)) svg.append(node("text", { x: px(x), y: H - 5, "text-anchor": "middle" }, label(x)));
  svg.append(node("path", { class: "axis", d: `M${L} ${T}V${H - B}H${W - R}` }), node("text", { x: 2, y: 12 }, `${title}, ${unit}`));
  for (const [name, y] of limits) svg.append(node("line", { class: "limit", x1: L, x2: W - R, y1: py(y), y2: py(y) }), node("text", { x: L + 3, y: py(y) + 11 }, name));
  let legend = W - R;
  drawn.forEach((s, i) => {
    const colour = s.colour ?? COLOURS[i % COLOURS.length];
    let d = "", pen = false;
    for (const [x, y] of s.points) {
      if (!Number.isFinite(y)) { pen = false; continue; }
      d += `${pen ? "L" : "M"}${px(x).toFixed(1)} ${py(y).toFixed(1)}`;
      pen = true;
    }
    svg.append(node("path", { d, fill: "none", stroke: colour, "stroke-width": 1.8, "stroke-dasharray": s.dash ?? "none" }));
    if (drawn.length > 1) {
      const words = `${s.dash ? "┄" : "─"} ${s.name.length > 20 ? `${s.name.slice(0, 19)}…` : s.name}`;
      svg.append(node("text", { x: legend, y: 12, "text-anchor": "end", class: `legend c${COLOURS.indexOf(colour)}` }, words));
      legend -= 6.4 * words.length + 8;
    }
  });
  const cursor = node("line", { class: "cursor", x1: L, x2: L, y1: T, y2: H - B });
  svg.append(cursor);
  if (onPick) svg.addEventListener("click", (event) => {
    const frame = svg.getBoundingClientRect();
    const x = ((event.clientX - frame.left) / frame.width) * W;
    onPick(low + ((x - L) / (W - L - R)) * (high - low));
  });
  box.replaceChildren(svg);
  return { cursor: (x) => { const at = px(Math.min(Math.max(x, low), high)); cursor.setAttribute("x1", at); cursor.setAttribute("x2", at); } };
}

// bars: [{label, share, note, off}] with one chosen.
export function bars(box, items, { title, onPick, chosen = -1 }) {
  const W = 400, H = 96, T = 14, B = 16;
  const svg = node("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title });
  const width = W / Math.max(items.length, 1);
  items.forEach((item, i) => {
    const tall = item.off ? H - T - B : item.share * (H - T - B);
    const bar = node("rect", { x: i * width + 0.5, y: H - B - tall, width: Math.max(width - 1, 1), height: tall, fill: item.off ? "#c9b3a7" : i === chosen ? "#003f66" : "#6baed6" });
    bar.append(node("title", {}, item.note));
    if (onPick) bar.addEventListener("click", () => onPick(i));
    svg.append(bar);
    if (item.label) svg.append(node("text", { x: i * width, y: H - 4 }, item.label));
  });
  svg.append(node("text", { x: 0, y: 10 }, title));
  box.replaceChildren(svg);
}

// rows: [{name, low, mean, high, unit}] as dots with their intervals, each on its own share of 0..1.
export function intervals(box, rows) {
  const W = 640, line = 20, H = rows.length * line + 22, L = 230, R = 20;
  const svg = node("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": "shares with 95 % intervals" });
  const px = (x) => L + x * (W - L - R);
  for (const x of [0, 0.25, 0.5, 0.75, 1]) svg.append(node("line", { class: "grid", x1: px(x), x2: px(x), y1: 0, y2: H - 18 }), node("text", { x: px(x), y: H - 4, "text-anchor": "middle" }, `${100 * x} %`));
  rows.forEach((row, i) => {
    const y = i * line + 12;
    svg.append(node("text", { x: L - 8, y: y + 4, "text-anchor": "end" }, row.name));
    if (row.low !== null && row.high !== null) svg.append(node("line", { x1: px(row.low), x2: px(row.high), y1: y, y2: y, stroke: COLOURS[0], "stroke-width": 3 }));
    if (row.mean !== null) svg.append(node("circle", { cx: px(row.mean), cy: y, r: 4.5, fill: COLOURS[0] }));
  });
  box.replaceChildren(svg);
}
