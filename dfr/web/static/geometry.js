// @ts-check
// Geometry of drawing, in [lon, lat] degrees and metres: without the document and without the map, to be tested alone.

const METRES_PER_DEGREE = 111_320;
const EARTH_M = 6_371_008.8;
const RAD = Math.PI / 180;

// A place so many metres east and north of another; right to a few parts in a thousand over some kilometres.
export function offsetBy([lon, lat], [eastM, northM]) {
  return [lon + eastM / (METRES_PER_DEGREE * Math.cos(lat * RAD)), lat + northM / METRES_PER_DEGREE];
}

// Metres east and north from one place to another.
export function between(from, to) {
  return [(to[0] - from[0]) * METRES_PER_DEGREE * Math.cos(from[1] * RAD), (to[1] - from[1]) * METRES_PER_DEGREE];
}

export function distanceM(a, b) {
  const h = Math.sin(((b[1] - a[1]) * RAD) / 2) ** 2 + Math.cos(a[1] * RAD) * Math.cos(b[1] * RAD) * Math.sin(((b[0] - a[0]) * RAD) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(h));
}

// The true bearing of one place from another, 0 to 360 degrees.
export function bearingDeg(from, to) {
  const [east, north] = between(from, to);
  return (Math.atan2(east, north) / RAD + 360) % 360;
}

export const lengthM = (points) => points.slice(1).reduce((sum, point, i) => sum + distanceM(points[i], point), 0);

// The area of a ring without a repeated last corner.
export function areaM2(ring) {
  const flat = ring.map((corner) => between(ring[0], corner));
  const twice = flat.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = flat[(i + 1) % flat.length];
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(twice) / 2;
}

// The middle of the corners: a place to hold an area by.
export function middleOf(points) {
  const sum = points.reduce(([lon, lat], [x, y]) => [lon + x, lat + y], [0, 0]);
  return sum.map((total) => total / points.length);
}

// An area or a place as far off as one of its points was moved.
export function shifted(coordinates, from, to) {
  const by = [to[0] - from[0], to[1] - from[1]];
  return typeof coordinates[0] === "number" ? [coordinates[0] + by[0], coordinates[1] + by[1]] : coordinates.map((at) => [at[0] + by[0], at[1] + by[1]]);
}

// The lines of the features that a corner may snap to, without the one that is being changed.
export function snapLines(features, except = null) {
  return features.filter((feature) => feature !== except).map(({ geometry }) => (geometry.type === "Polygon" ? { points: geometry.coordinates[0], closed: true } : { points: [geometry.coordinates], closed: false }));
}

function nearestOnEdge([ax, ay], [bx, by], [x, y]) {
  const [dx, dy] = [bx - ax, by - ay];
  const share = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return { at: [ax + share * dx, ay + share * dy], share };
}

// Where a place snaps to: the nearest corner within `within` pixels, else the nearest point of an edge; else itself.
// `project` gives the pixel [x, y] of a [lon, lat].
export function snapped(at, lines, project, within = 12) {
  const here = project(at);
  /** @type {(place: number[]) => number} */
  const far = ([x, y]) => Math.hypot(x - here[0], y - here[1]);
  let best = { distance: within, at };
  for (const point of lines.flatMap(({ points }) => points)) {
    const distance = far(project(point));
    if (distance < best.distance) best = { distance, at: point };
  }
  if (best.distance < within) return best.at;
  for (const { points, closed } of lines) {
    for (let i = 0; i < points.length - (closed ? 0 : 1); i += 1) {
      const a = points[i];
      const b = points[(i + 1) % points.length];
      const { at: nearest, share } = nearestOnEdge(project(a), project(b), here);
      const distance = far(nearest);
      if (distance < best.distance) best = { distance, at: [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])] };
    }
  }
  return best.at;
}
