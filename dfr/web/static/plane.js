// @ts-check
// The paper of a chart: a picture with axes, ticks and their titles, on which `px` and `py` place values.
// No styles in attributes: the page's policy forbids them; colours are the classes c0 to c5 of the style sheet.

import { element } from "./common.js";

const NS = "http://www.w3.org/2000/svg";
export const COLOURS = 6;

export function node(tag, attributes = {}, words) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(name, value);
  if (words !== undefined) made.textContent = words;
  return made;
}

const CLOCK_S = [1, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

// Round numbers from low to high, at most about so many; of times, round minutes and hours.
export function ticks(low, high, count, clock = false) {
  const span = high - low || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (clock && CLOCK_S.find((s) => s >= rough)) || [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) || 10 * power;
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + 1e-9; at += step) found.push(at);
  return found;
}

const short = (y) => String(+y.toPrecision(3));

// x and y: {from, to, title, ticks, label}; a title of x stands below, one of y above the axis.
export function plane({ width = 400, height = 150, x, y, name, left = 42, right = 10, top = 20 }) {
  const bottom = x.title ? 34 : 20;
  const px = (at) => left + ((at - x.from) / (x.to - x.from || 1)) * (width - left - right);
  const py = (at) => height - bottom - ((at - y.from) / (y.to - y.from || 1)) * (height - top - bottom);
  const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": name });
  for (const at of y.ticks ?? ticks(y.from, y.to, 4)) {
    svg.append(node("line", { class: "grid", x1: left, x2: width - right, y1: py(at), y2: py(at) }), node("text", { x: left - 5, y: py(at) + 4, "text-anchor": "end" }, (y.label ?? short)(at)));
  }
  for (const at of x.ticks ?? ticks(x.from, x.to, 6)) svg.append(node("text", { x: px(at), y: height - bottom + 14, "text-anchor": "middle" }, (x.label ?? short)(at)));
  svg.append(node("path", { class: "axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }));
  if (y.title) svg.append(node("text", { x: 2, y: 12 }, y.title));
  if (x.title) svg.append(node("text", { x: width - right, y: height - 5, "text-anchor": "end" }, x.title));
  const edges = { left, right: width - right, top, bottom: height - bottom };
  const valueAt = (event) => {
    const frame = svg.getBoundingClientRect();
    const at = ((event.clientX - frame.left) / frame.width) * width;
    return x.from + ((at - left) / (edges.right - left || 1)) * (x.to - x.from);
  };
  return { svg, px, py, edges, valueAt };
}

// The `d` of a line through [x, y] pairs; it breaks where a value is missing.
export function through({ px, py }, points) {
  let d = "";
  let pen = false;
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) {
      pen = false;
      continue;
    }
    d += `${pen ? "L" : "M"}${px(x).toFixed(1)} ${py(y).toFixed(1)}`;
    pen = true;
  }
  return d;
}

// The area between two lines of [x, y] pairs, where both have values.
export function between(paper, upper, lower) {
  const known = (points) => points.filter(([, y]) => Number.isFinite(y));
  const [top, bottom] = [known(upper), known(lower)];
  return top.length && bottom.length ? `${through(paper, top)}${through(paper, bottom.reverse()).replace(/^M/, "L")}Z` : "";
}

// A cursor that follows a value of x.
export function cursorOn({ svg, px, edges }, low, high) {
  const line = node("line", { class: "cursor", x1: edges.left, x2: edges.left, y1: edges.top, y2: edges.bottom });
  svg.append(line);
  return (x) => {
    const at = px(Math.min(Math.max(x, low), high));
    line.setAttribute("x1", at);
    line.setAttribute("x2", at);
  };
}

/**
 * A chart in words and pictures: its title, a sentence that says what it shows, and a legend of [class, words].
 * @param {HTMLElement} box
 * @param {{ title: string, says?: string, legend?: string[][] }} words
 * @param {...Node} pictures
 */
export function framed(box, { title, says = "", legend = [] }, ...pictures) {
  const keys = legend.map(([look, words]) => element("li", {}, element("span", { class: `key ${look}` }), words));
  box.classList.add("chart");
  box.replaceChildren(element("figure", {}, element("figcaption", {}, element("strong", {}, title), says ? element("span", { class: "says" }, says) : ""), ...pictures, keys.length ? element("ul", { class: "keys" }, ...keys) : ""));
}
