// @ts-check
// The icons of every page: 24 by 24, strokes only, drawn for dfr. An element with `data-icon` gets its icon in front.

const NS = "http://www.w3.org/2000/svg";

const PATHS = {
  plan: "M3 6l6-3 6 3 6-3v15l-6 3-6-3-6 3zM9 3v15M15 6v15",
  simulate: "M4 20V10M10 20V4M16 20v-7M22 20H2",
  replay: "M4 12a8 8 0 1 0 3-6.2M4 4v4h4M11 9l4 3-4 3z",
  live: "M12 12h.01M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M5.6 18.4a9 9 0 0 1 0-12.8M18.4 5.6a9 9 0 0 1 0 12.8",
  home: "M3 11l9-8 9 8M5 10v10h14V10M10 20v-6h4v6",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M16 5l4 4-4 4M20 9H10a6 6 0 0 0 0 12h3",
  boundary: "M4 8l7-4 9 5-2 10-11 1zM4 8h.01M11 4h.01M20 9h.01M18 19h.01M7 20h.01",
  docks: "M4 20h16M6 20V9h12v11M9 9V5h6v4M9 14h6",
  draw: "M4 20l1-5L16 4l4 4L9 19zM13 7l4 4",
  measure: "M3 16L16 3l5 5L8 21zM7 12l2 2M11 8l2 2M10 15l1 1",
  save: "M5 3h11l3 3v15H5zM8 3v6h7V3M8 21v-7h8v7",
  play: "M7 4l13 8-13 8z",
  pause: "M8 4v16M16 4v16",
  previous: "M18 5l-9 7 9 7zM6 5v14",
  next: "M6 5l9 7-9 7zM18 5v14",
  follow: "M12 3v4M12 17v4M3 12h4M17 12h4M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  stop: "M6 6h12v12H6z",
  contrast: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 7h5M12 11h8M12 15h7",
  theme: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  print: "M7 8V3h10v5M7 17H4V9h16v8h-3M7 14h10v7H7z",
  warning: "M12 3L2 20h20zM12 10v4M12 17h.01",
  ok: "M4 12l5 5L20 6",
  upload: "M12 16V4M7 9l5-5 5 5M4 20h16",
};

export function icon(name) {
  const svg = document.createElementNS(NS, "svg");
  for (const [key, value] of Object.entries({ class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" })) svg.setAttribute(key, value);
  const path = document.createElementNS(NS, "path");
  path.setAttribute("d", PATHS[name] ?? "");
  svg.append(path);
  return svg;
}

export function drawIcons(root = document) {
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-icon]"))) {
    node.querySelector(":scope > svg.icon")?.remove();
    node.prepend(icon(node.dataset.icon));
  }
}

// A new icon and new words on a button that has both.
export function relabel(node, name, words) {
  node.dataset.icon = name;
  node.replaceChildren(icon(name), words);
}
