// @ts-check
// What a dark page changes on the map: a dark ground, quiet land and water, light lines and names.

export const DARK = {
  ground: { "background-color": "#1a2127" },
  "base-fill": { "fill-color": ["match", ["get", "kind"], ["sea", "water"], "#122a3a", "park", "#1d2d23", "#20272d"] },
  "base-building": { "fill-color": "#343c44" },
  "base-line": { "line-color": ["match", ["get", "kind"], ["coast", "stream"], "#4f7f9c", "rail", "#6d757d", "grid", "#3c4751", "#3b444d"] },
  "airspace-line": { "line-color": "#c98fca" },
  "keep_in-line": { "line-color": "#3ec79a" },
  "volumes-line": { "line-color": ["match", ["get", "id"], "flight_geography", "#7cc4f0", "contingency", "#f0b35c", "#ff9c78"] },
  "zones-line": { "line-color": "#9ccbe8" },
  "crowds-fill": { "fill-opacity": 0.3 },
  "crowds-line": { "line-color": "#e0b455" },
  "keep_outs-line": { "line-color": "#ff9c78" },
  "traffic-line": { "line-color": "#e69cc6" },
  "posts-circle": { "circle-color": "#e9eef3", "circle-stroke-color": "#12171c" },
  "routes-line": { "line-color": "#b7def7" },
  "zone_names-symbol": { "text-color": "#ffffff", "text-halo-color": "#10161b" },
};
