// Whether a picture is live, what is said over one that is not, and when it is asked for again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ASK_AGAIN_MS, FROZEN_MS, LONGEST_PAUSE_MS, askAgain, begin, fail, isLive, look, mustAskAgain, pauseMs, pictureWords } from "../../dfr/web/static/video-state.js";

const timeOf = (ms) => new Date(ms).toISOString().slice(11, 19);
const NOON = Date.UTC(2026, 5, 19, 12, 0, 0);

test("a picture is live while frames come, and says since when none has come", () => {
  let picture = begin(NOON);
  assert.equal(pictureWords(picture, NOON, timeOf), "no picture yet");
  picture = look(picture, 3, NOON + 500);
  assert.equal(pictureWords(picture, NOON + 500 + FROZEN_MS, timeOf), "");
  const frozen = look(picture, 3, NOON + 4000);
  assert.equal(isLive(frozen, NOON + 4000), false);
  assert.equal(pictureWords(frozen, NOON + 4000, timeOf), "no picture since 12:00:00");
  assert.equal(isLive(look(frozen, 4, NOON + 5000), NOON + 5000), true);
});

test("the count of a new stream begins anew, and is no frame by itself", () => {
  const old = look(begin(NOON), 500, NOON);
  const anew = look(askAgain(old, NOON + 9000), 0, NOON + 9100);
  assert.equal(isLive(anew, NOON + 9100), false);
  assert.match(pictureWords(anew, NOON + 9100, timeOf), /^no picture since 12:00:00$/);
  assert.equal(isLive(look(anew, 1, NOON + 9200), NOON + 9200), true);
});

test("the last frame of a stream that is asked for again is not taken for a new one", () => {
  const old = askAgain(look(begin(NOON), 500, NOON), NOON + 9000);
  assert.equal(isLive(look(old, 500, NOON + 9100), NOON + 9100), false);
});

test("a gateway that fails is asked again after a pause that doubles to a limit, and a frame ends it", () => {
  let picture = fail(begin(NOON), "the gateway has no such stream");
  assert.equal(pictureWords(picture, NOON, timeOf), "no picture yet: the gateway has no such stream");
  const pauses = [];
  let now = NOON;
  for (let turn = 0; turn < 8; turn++) {
    pauses.push(pauseMs(picture) / 1000);
    assert.equal(mustAskAgain(picture, now + pauseMs(picture) - 1), false);
    now += pauseMs(picture);
    assert.equal(mustAskAgain(picture, now), true);
    picture = fail(askAgain(picture, now), "gone");
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
  assert.equal(LONGEST_PAUSE_MS, 30_000);
  assert.equal(pauseMs(look(picture, 1, now)), 1000);
});

test("a stream without a frame is asked for again, one that runs is not", () => {
  const silent = begin(NOON);
  assert.equal(mustAskAgain(silent, NOON + ASK_AGAIN_MS - 1), false);
  assert.equal(mustAskAgain(silent, NOON + ASK_AGAIN_MS), true);
  const running = look(silent, 9, NOON + 60_000);
  assert.equal(mustAskAgain(running, NOON + 60_000 + FROZEN_MS), false);
  assert.equal(mustAskAgain(running, NOON + 60_000 + ASK_AGAIN_MS), true);
});
