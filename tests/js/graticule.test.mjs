// Lines in round degrees, anywhere on the globe and at any scale.

import assert from "node:assert/strict";
import { test } from "node:test";

import { degreesWords, graticule, stepFor } from "../../dfr/web/static/graticule.js";

const linesOf = (box) => graticule(box).features.filter((f) => f.geometry.type === "LineString");
const wordsOf = (box) => graticule(box).features.filter((f) => f.geometry.type === "Point").map((f) => f.properties.words);

test("a site, a country and the world each have a few lines both ways", () => {
  for (const size of [0.005, 0.02, 0.3, 4, 60]) {
    const lines = linesOf({ west: 10, south: 40, east: 10 + size, north: 40 + size / 2 });
    assert.ok(lines.length >= 4 && lines.length <= 16, `${size}: ${lines.length}`);
  }
  assert.ok(linesOf({ west: -180, south: -85, east: 180, north: 85 }).length > 10);
});

test("lines stand at multiples of the step, and inside what is shown", () => {
  const box = { west: 10.731, south: 59.902, east: 10.768, north: 59.921 };
  const step = stepFor(box.east - box.west);
  for (const { geometry } of linesOf(box)) {
    const [[a, b], [c, d]] = geometry.coordinates;
    if (a !== c) continue;
    assert.ok(a >= box.west && a <= box.east);
    assert.ok(Math.abs(a / step - Math.round(a / step)) < 1e-6);
    assert.deepEqual([b, d], [box.south, box.north]);
  }
});

test("degrees are said as far as the step needs, with the side of the globe", () => {
  assert.equal(degreesWords(-33.8568, ["N", "S"], 1 / 3600), "33°51′24″S");
  assert.equal(degreesWords(10.75, ["E", "W"], 1 / 60), "10°45′E");
  assert.equal(degreesWords(-40, ["E", "W"], 10), "40°W");
  assert.equal(degreesWords(0, ["E", "W"], 10), "0°");
  assert.equal(degreesWords(59.99999, ["N", "S"], 1 / 3600), "60°00′00″N");
});

test("past the date line a meridian keeps its own name", () => {
  assert.ok(wordsOf({ west: 178, south: -19, east: 184, north: -16 }).includes("178°W"));
});
