// Events from the server: opened again when they break, let go of while nobody looks.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { follow } from "../../dfr/web/static/events.js";

function stage() {
  const sources = [];
  class Source {
    constructor(path) {
      Object.assign(this, { path, closed: false });
      sources.push(this);
    }
    close() {
      this.closed = true;
    }
  }
  const page = { hidden: false, addEventListener: (_, act) => (page.turn = act) };
  const heard = [];
  const lost = [];
  follow("api/events", (document_) => heard.push(document_), () => lost.push(true), { Source, page });
  return { sources, page, heard, lost };
}

test.beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
test.afterEach(() => mock.timers.reset());

test("what the server says is heard", () => {
  const { sources, heard } = stage();
  sources[0].onmessage({ data: '{"state":"A"}' });
  assert.deepEqual(heard, [{ state: "A" }]);
});

test("a broken connection is told and opened again, later each time", () => {
  const { sources, lost } = stage();
  sources[0].onerror();
  assert.equal(lost.length, 1);
  mock.timers.tick(500);
  assert.equal(sources.length, 2);
  sources[1].onerror();
  mock.timers.tick(500);
  assert.equal(sources.length, 2);
  mock.timers.tick(500);
  assert.equal(sources.length, 3);
  assert.deepEqual(sources.map((source) => source.closed), [true, true, false]);
});

test("a connection that stays silent counts as broken", () => {
  const { sources, lost } = stage();
  sources[0].onmessage({ data: "{}" });
  mock.timers.tick(24_000);
  sources[0].onmessage({ data: "{}" });
  mock.timers.tick(24_000);
  assert.equal(lost.length, 0);
  mock.timers.tick(2_000);
  assert.equal(lost.length, 1);
});

test("a hidden page holds no connection, and is told at once when it is looked at again", () => {
  const { sources, page, lost } = stage();
  page.hidden = true;
  page.turn();
  assert.equal(sources[0].closed, true);
  mock.timers.tick(60_000);
  assert.equal(sources.length, 1);
  assert.equal(lost.length, 0, "nothing was lost");
  page.hidden = false;
  page.turn();
  assert.equal(sources.length, 2);
});
