// @ts-check
// How the map looks: every layer, its source, and the groups that can be switched off.
// There are two sources: `place` is large and no edit changes it; `plan` is sent again with each edit. More sources
// would make each drawing slower. What a flight must avoid is drawn above the zones, so that no zone hides it.

export const PLACE = ["base", "airspace"];
export const PLAN = ["keep_in", "volumes", "zones", "isochrones", "demand", "water", "homes", "crowds", "keep_outs", "traffic", "sight", "posts", "patrols", "obstacles", "rally", "zone_names", "routes", "sites", "findings"];

// Sequential blues, safe for colour-blind readers: darker is sooner. Keys of the legend are [colour, words].
export const SECONDS = [["#2f7fb8", "under 45"], ["#5aa2d2", "45 to 60"], ["#93c4e4", "60 to 90"], ["#c6dff0", "over 90"], ["#e58a5c", "not reached"]];
const SOON = ["case", ["==", ["get", "overhead_s"], null], SECONDS[4][0], ["step", ["get", "overhead_s"], SECONDS[0][0], 45, SECONDS[1][0], 60, SECONDS[2][0], 90, SECONDS[3][0]]];
export const BANDS = [["#1f6aa5", "under 30"], ["#2f7fb8", "30 to 45"], ["#5aa2d2", "45 to 60"], ["#93c4e4", "60 to 90"], ["#bcd9ee", "90 to 120"], ["#dcebf6", "120 to 180"], ["#eef4f9", "over 180"]];
const SPREAD = ["step", ["get", "from_s"], BANDS[0][0], 30, BANDS[1][0], 45, BANDS[2][0], 60, BANDS[3][0], 90, BANDS[4][0], 120, BANDS[5][0], 180, BANDS[6][0]];
export const DEMAND = [["#fff0c9", "fewest"], ["#f6b25f", ""], ["#c8401a", "most"]];
const DENSE = ["interpolate", ["linear"], ["get", "level"], 0, DEMAND[0][0], 0.5, DEMAND[1][0], 1, DEMAND[2][0]];

const kinds = (...names) => ["in", ["get", "kind"], ["literal", names]];

function layer(of, type, look, { source = PLACE.includes(of) ? "place" : "plan", name = type, only = null, layout = {} } = {}) {
  const own = ["==", ["get", "of"], of];
  return { id: `${of}-${name}`, type, source, filter: only ? ["all", own, only] : own, layout, paint: look };
}

// A fill without smoothing: its edge is a separate line, or needs none.
const area = (of, colour, opacity, more) => layer(of, "fill", { "fill-color": colour, "fill-opacity": opacity, "fill-antialias": false }, more);
const edge = (of, colour, width, more = {}) => layer(of, "line", { "line-color": colour, "line-width": width, ...(more.dash ? { "line-dasharray": more.dash } : {}) }, more);

const NAMES_FROM = 13.5; // Farther out names would lie over each other and over marks: there only the seconds are drawn.

export const LAYERS = [
  area("base", ["match", ["get", "kind"], ["sea", "water"], "#cfe3ef", "park", "#e1eedb", "#f4f2ec"], 1, { only: kinds("sea", "water", "park", "land") }),
  area("base", "#ddd6cc", 1, { only: kinds("building"), name: "building" }),
  edge("base", ["match", ["get", "kind"], ["coast", "stream"], "#6c93ab", "rail", "#999", "grid", "#b4c0b8", "#ffffff"], ["match", ["get", "kind"], "road", 4, "grid", 0.7, 1.5], { only: kinds("coast", "stream", "road", "rail", "grid") }),
  area("airspace", "#8e3b8f", 0.1, { only: ["get", "low"] }),
  edge("airspace", "#8e3b8f", 1.4, { dash: [4, 2] }),
  area("keep_in", "#009e73", 0.07),
  edge("keep_in", "#00785a", 2.4),
  edge("volumes", ["match", ["get", "id"], "flight_geography", "#0072b2", "contingency", "#b86e00", "#a33a05"], 1.3, { dash: [3, 2] }),
  area("zones", SOON, 0.5),
  area("isochrones", SPREAD, 0.6),
  edge("isochrones", "#2b5878", 0.6),
  area("demand", DENSE, 0.7),
  edge("zones", "#3d6d8f", 1),
  area("water", "#7fb2d0", 0.35),
  edge("water", "#2f6f95", 1.4),
  area("homes", "#c9b8d9", 0.3),
  edge("homes", "#6d4c8d", 1.2, { dash: [2, 2] }),
  area("crowds", "#f0c36a", 0.45),
  edge("crowds", "#8a6100", 2),
  area("keep_outs", "#a33a05", 0.4),
  edge("keep_outs", "#a33a05", 2),
  edge("traffic", "#b3478a", 1.4, { dash: [1, 2] }),
  edge("sight", "#6f7a84", 0.8, { dash: [2, 4] }),
  layer("patrols", "circle", { "circle-radius": 4, "circle-color": "#fff", "circle-stroke-color": "#444", "circle-stroke-width": 2 }),
  layer("obstacles", "circle", { "circle-radius": 5, "circle-color": "#6b4a2b", "circle-stroke-color": "#fff", "circle-stroke-width": 1.5 }),
  layer("posts", "circle", { "circle-radius": 5, "circle-color": "#444", "circle-stroke-color": "#fff", "circle-stroke-width": 1.5 }),
  layer("rally", "circle", { "circle-radius": 6, "circle-color": "#fff", "circle-stroke-color": "#00785a", "circle-stroke-width": 3 }),
  layer("routes", "line", { "line-color": "#0b5c8f", "line-width": ["case", ["get", "best"], 2.2, 0.6], "line-opacity": ["case", ["get", "best"], 0.9, 0.3] }),
  layer("findings", "circle", { "circle-radius": 7, "circle-color": ["match", ["get", "severity"], "violation", "#a33a05", "unknown", "#5c3b8c", "#e69f00"], "circle-stroke-color": "#fff", "circle-stroke-width": 2 }),
  layer("zone_names", "symbol", { "text-color": "#0e1b26", "text-halo-color": "#fff", "text-halo-width": 1.6 }, { layout: { "text-field": ["step", ["zoom"], ["get", "short"], NAMES_FROM, ["get", "words"]], "text-font": ["sans-serif"], "text-size": 12.5, "text-max-width": 12 } }),
];

// What strong contrast changes: a white ground, dark and wide lines, black names.
export const STRONG = {
  ground: { "background-color": "#ffffff" },
  "base-fill": { "fill-opacity": 0.45 },
  "airspace-line": { "line-color": "#4b0f4c", "line-width": 2.4 },
  "keep_in-fill": { "fill-opacity": 0 },
  "keep_in-line": { "line-color": "#003d2b", "line-width": 4 },
  "volumes-line": { "line-width": 2.4 },
  "zones-fill": { "fill-opacity": 0.8 },
  "zones-line": { "line-color": "#000000", "line-width": 2 },
  "crowds-line": { "line-color": "#4d3600", "line-width": 3.5 },
  "keep_outs-line": { "line-color": "#6b0000", "line-width": 3.5 },
  "traffic-line": { "line-color": "#7a0f4f", "line-width": 2.4 },
  "routes-line": { "line-color": "#000000", "line-opacity": ["case", ["get", "best"], 1, 0.5] },
  "zone_names-symbol": { "text-color": "#000000", "text-halo-width": 3 },
};

export const GROUPS = {
  zones: ["demand zones", "zones", "zone_names"],
  routes: ["routes", "routes"],
  volumes: ["volumes", "volumes"],
  fence: ["fence", "keep_in", "keep_outs"],
  water: ["water", "water"],
  homes: ["homes, patrols and obstacles", "homes", "patrols", "obstacles"],
  crowds: ["crowds", "crowds"],
  airspace: ["airspace", "airspace"],
  traffic: ["other traffic", "traffic"],
  posts: ["observers and how far they see", "posts", "sight"],
  rally: ["rally points", "rally"],
  base: ["coast, roads, grid", "base"],
  findings: ["findings", "findings"],
};
