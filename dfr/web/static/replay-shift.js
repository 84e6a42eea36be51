// @ts-check
// A simulated shift at a moment: where each drone is, what it does, what its charts hold.

const FLYING = new Set(["climb", "out", "on_scene", "back", "land", "yield"]);
const clamp = (x) => Math.min(Math.max(x, 0), 1);

// Phases and their colours, the same on the map, on the timeline and in words.
export const PHASES = [["prepare", "prepares"], ["climb", "climbs"], ["out", "flies out"], ["on_scene", "on scene"], ["back", "flies back"], ["land", "lands"], ["yield", "gives way"], ["charge", "charges"], ["recover", "is fetched"], ["move", "moves to another dock"]];
const WORDS = Object.fromEntries(PHASES);

// The point at a share of a path of [lon, lat]; the legs are short enough for flat geometry.
function along(path, share) {
  const lengths = path.slice(1).map((p, i) => Math.hypot((p[0] - path[i][0]) * Math.cos((p[1] * Math.PI) / 180), p[1] - path[i][1]));
  let left = clamp(share) * lengths.reduce((a, b) => a + b, 0);
  for (let i = 0; i < lengths.length; i += 1) {
    if (left <= lengths[i] && lengths[i] > 0) return path[i].map((v, k) => v + ((path[i + 1][k] - v) * left) / lengths[i]);
    left -= lengths[i];
  }
  return path.at(-1);
}

export function barsByDrone(shift) {
  const found = {};
  for (const bar of shift.bars) (found[bar.drone] ??= []).push(bar);
  return found;
}

// Position, height and phase of a drone, from its phase at the moment.
export function droneAt(shift, drone, t) {
  const bars = shift.byDrone[drone];
  const bar = bars.findLast((b) => b.phase !== "yield" && b.start_s <= t && t < b.end_s);
  const dock = shift.docks[bar?.dock ?? bars[0].dock];
  if (!bar || !FLYING.has(bar.phase)) return { at: dock, height: 0, phase: bar?.phase ?? "ready", words: bar ? (WORDS[bar.phase] ?? bar.phase) : "ready in its dock" };
  const flight = shift.flights.find((f) => f.drone === drone && f.airborne_s !== null && f.airborne_s <= t && t <= (f.landed_s ?? Infinity));
  const path = flight?.path.length > 1 ? flight.path : [dock, dock];
  const share = clamp((t - bar.start_s) / (bar.end_s - bar.start_s || 1));
  const top = shift.height_m;
  const found = {
    climb: { at: path[0], height: share * top },
    out: { at: along(path, share), height: top },
    on_scene: { at: path.at(-1), height: top },
    back: { at: along(path, 1 - share), height: top },
    land: { at: path[0], height: (1 - share) * top },
  }[bar.phase];
  return { ...found, phase: bar.phase, words: WORDS[bar.phase] };
}

export function heightsOf(shift, drone) {
  const points = [[shift.start_s, 0]];
  for (const { phase, start_s, end_s } of shift.byDrone[drone]) {
    if (phase === "climb") points.push([start_s, 0], [end_s, shift.height_m]);
    if (phase === "land") points.push([start_s, shift.height_m], [end_s, 0]);
  }
  return points.sort((a, b) => a[0] - b[0]);
}

export function batteryOf(shift, drone) {
  const points = [];
  for (const flight of shift.flights.filter((f) => f.drone === drone && f.reserve !== null)) {
    points.push([flight.airborne_s, 100 * Math.min(1, flight.reserve + (flight.used ?? 0))], [flight.landed_s, 100 * flight.reserve]);
  }
  return points.sort((a, b) => a[0] - b[0]);
}

// The queue as steps.
export const waitingSteps = (shift) => shift.waiting.flatMap(([t, n], i) => [[t, i ? shift.waiting[i - 1][1] : 0], [t, n]]);
