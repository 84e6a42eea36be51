// Geometry of drawing, against places whose distances are known.

import assert from "node:assert/strict";
import { test } from "node:test";

import { areaM2, bearingDeg, distanceM, lengthM, middleOf, offsetBy, shifted, snapLines, snapped } from "../../dfr/web/static/geometry.js";
import { decimal, idFor, metres, sexagesimal, squareMetres } from "../../dfr/web/static/notations.js";

const near = (value, wanted, within) => assert.ok(Math.abs(value - wanted) <= within, `${value} is not ${wanted}`);
const project = ([lon, lat]) => [lon * 100, -lat * 100];

test("a degree of latitude is 111 km, and a step in metres is as long as it says", () => {
  near(distanceM([0, 50], [0, 51]), 111_195, 10);
  for (const [by, bearing] of [[[100, 0], 90], [[0, 100], 0], [[-100, 0], 270], [[0, -100], 180]]) {
    const there = offsetBy([-1.09, 50.78], by);
    near(distanceM([-1.09, 50.78], there), 100, 0.3);
    near(bearingDeg([-1.09, 50.78], there), bearing, 0.1);
  }
});

test("a square of 100 m holds a hectare, whichever way round it is drawn", () => {
  const square = [[0, 0], [100, 0], [100, 100], [0, 100]].map((by) => offsetBy([-1.09, 50.78], by));
  near(areaM2(square), 10_000, 1);
  near(areaM2(square.toReversed()), 10_000, 1);
  near(lengthM([...square, square[0]]), 400, 1);
});

test("a place snaps to the nearest corner, then to an edge, and else stays", () => {
  const lines = snapLines([{ geometry: { type: "Polygon", coordinates: [[[0, 0], [1, 0], [1, 1]]] } }]);
  assert.deepEqual(snapped([0.05, 0.05], lines, project), [0, 0]);
  assert.deepEqual(snapped([0.5, -0.05], lines, project), [0.5, 0]);
  assert.deepEqual(snapped([0.45, 0.55], lines, project), [0.5, 0.5]);
  assert.deepEqual(snapped([5, 5], lines, project), [5, 5]);
});

test("a corner does not snap to the feature it belongs to", () => {
  const own = { geometry: { type: "Point", coordinates: [0, 0] } };
  assert.deepEqual(snapped([0.05, 0], snapLines([own], own), project), [0.05, 0]);
  assert.deepEqual(snapped([0.05, 0], snapLines([own]), project), [0, 0]);
});

test("an area moves as a whole", () => {
  assert.deepEqual(shifted([[0, 0], [1, 0]], [0, 0], [2, 3]), [[2, 3], [3, 3]]);
  assert.deepEqual(shifted([5, 5], [0, 0], [2, 3]), [7, 8]);
  assert.deepEqual(middleOf([[0, 0], [2, 0], [2, 2], [0, 2]]), [1, 1]);
});

test("coordinates, lengths and areas are written as people read them", () => {
  assert.equal(decimal([-1.089, 50.782]), "50.782000, -1.089000");
  assert.equal(sexagesimal([-1.089, 50.782]), "50°46'55.2\"N 1°05'20.4\"W");
  assert.equal(sexagesimal([179.99999999, -0.00001]), "0°00'00.0\"S 180°00'00.0\"E");
  assert.equal(metres(99.96), "100.0 m");
  assert.equal(metres(1234), "1,234 m");
  assert.equal(metres(12_345), "12.35 km");
  assert.equal(squareMetres(9418.4), "9,418 m²");
});

test("an id is a word that no other feature has", () => {
  assert.equal(idFor("Café by the Pier #1", new Set()), "cafe-by-the-pier-1");
  assert.equal(idFor("Pier", new Set(["pier", "pier-2"])), "pier-3");
  assert.equal(idFor("???", new Set()), "area");
});
