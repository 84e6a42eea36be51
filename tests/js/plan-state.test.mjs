// Races of the plan on a page, each played in the order that breaks a page which trusts whatever arrives last.

import assert from "node:assert/strict";
import { test } from "node:test";

import { makePlanState } from "../../dfr/web/static/plan-state.js";

const plan = (state, version) => ({ state, version, verdict: { headline: `verdict of ${state}` } });
const standing = (state, version) => ({ state, version, headline: `verdict of ${state}` });

// A server whose every answer is given by hand: `asked` and `sent` are the requests that wait for one.
function page(first = plan("A", 0)) {
  const asked = [];
  const sent = [];
  const drawn = [];
  const said = [];
  const waiting = (list) => (path, document_) => new Promise((answer, refuse) => list.push({ path, document: document_, answer, refuse }));
  const state = makePlanState({ ask: waiting(asked), send: waiting(sent), say: (words) => said.push(words), draw: (shown) => drawn.push(shown.state) });
  const answer = (document_) => asked.shift().answer({ document: document_, state: document_.state });
  return { state, asked, sent, drawn, said, answer, async open() {
    const opened = state.begin();
    answer(first);
    await opened;
    return this;
  } };
}

const settled = () => new Promise((done) => setTimeout(done));

test("hours asked before an edit and answered after it are not shown as the new plan's", async () => {
  const { state, asked, sent } = await page().open();
  const hours = state.askOfPlan("api/plan/hours");
  const edited = state.change("api/plan/move");
  await settled();
  sent.shift().answer(plan("B", 1));
  await edited;
  asked.shift().answer({ document: "hours of A", state: "A" });
  assert.equal(await hours, null);
});

test("an answer of another plan than the one shown is not shown, whoever edited it", async () => {
  const { state, asked } = await page().open();
  const hours = state.askOfPlan("api/plan/hours");
  asked.shift().answer({ document: "hours of C", state: "C" });
  assert.equal(await hours, null);
});

test("an answer of the plan shown is given", async () => {
  const { state, asked } = await page().open();
  const hours = state.askOfPlan("api/plan/hours");
  asked.shift().answer({ document: "hours of A", state: "A" });
  assert.equal(await hours, "hours of A");
});

test("times previewed for a place that was then refused do not come back", async () => {
  const { state, asked, sent, answer } = await page().open();
  const preview = state.askOfPlan("preview 1,2");
  const edited = state.change("api/plan/move");
  await settled();
  sent.shift().refuse(new Error("outside the boundary"));
  await settled();
  const [late] = asked.splice(0, 1);
  answer(plan("A", 0));
  await edited;
  late.answer({ document: "times there", state: "A" });
  assert.equal(await preview, null);
});

test("the same question is asked once at a time", async () => {
  const { state, asked } = await page().open();
  const both = [state.askOfPlan("api/plan/hours"), state.askOfPlan("api/plan/hours")];
  assert.equal(asked.length, 1);
  asked.shift().answer({ document: "hours", state: "A" });
  assert.deepEqual(await Promise.all(both), ["hours", "hours"]);
  state.askOfPlan("api/plan/hours");
  assert.equal(asked.length, 1, "and again when it is answered");
});

test("a change that somebody else made is fetched and drawn", async () => {
  const { state, drawn, answer } = await page().open();
  const heard = state.hear(standing("B", 1));
  answer(plan("B", 1));
  await heard;
  assert.deepEqual(drawn, ["B"]);
  assert.equal(state.plan().state, "B");
});

test("a plan fetched before the latest change is dropped, and the latest fetched", async () => {
  const { state, drawn, asked, answer } = await page().open();
  const heard = state.hear(standing("B", 1));
  state.hear(standing("C", 2));
  answer(plan("B", 1));
  await settled();
  assert.deepEqual(drawn, [], "B is old already");
  assert.equal(asked.length, 1);
  answer(plan("C", 2));
  await heard;
  assert.deepEqual(drawn, ["C"]);
});

test("a plan fetched before one's own edit and arriving after it is dropped", async () => {
  const { state, drawn, asked, sent } = await page().open();
  state.hear(standing("B", 1));
  const [slow] = asked.splice(0, 1);
  const edited = state.change("api/plan/undo");
  await settled();
  sent.shift().answer(plan("D", 3));
  await settled();
  slow.answer({ document: plan("B", 1), state: "B" });
  await settled();
  while (asked.length) asked.shift().answer({ document: plan("D", 3), state: "D" });
  await edited;
  assert.equal(state.plan().state, "D");
  assert.ok(!drawn.slice(drawn.indexOf("D")).includes("B"));
});

test("somebody else's change is not lost when it is told before one's own edit is answered", async () => {
  const { state, sent, asked, answer } = await page().open();
  const edited = state.change("api/plan/move");
  await settled();
  state.hear(standing("C", 2));
  sent.shift().answer(plan("B", 1));
  await settled();
  assert.equal(asked.length, 1, "the page asks for what it was told of");
  answer(plan("C", 2));
  await edited;
  assert.equal(state.plan().state, "C");
});

test("an edit carries the state that is shown", async () => {
  const { state, sent } = await page().open();
  state.change("api/plan/move", { site: "x" });
  await settled();
  assert.deepEqual(sent[0].document, { site: "x", state: "A" });
});

test("a second edit of one's own follows the first", async () => {
  const { state, sent } = await page().open();
  state.change("api/plan/move");
  const second = state.change("api/plan/place");
  await settled();
  assert.equal(sent.length, 1, "one after the other");
  sent.shift().answer(plan("B", 1));
  await settled();
  assert.equal(sent[0].document.state, "B");
  sent.shift().answer(plan("C", 2));
  assert.equal(await second, true);
});

test("an edit begun before somebody else's change and sent after it is not made", async () => {
  const { state, sent, said, answer } = await page().open();
  const seen = state.seen(); // A key is pressed; the edit is sent when no other follows.
  const heard = state.hear(standing("B", 1));
  answer(plan("B", 1));
  await heard;
  assert.equal(await state.change("api/plan/move", {}, seen), false);
  assert.equal(sent.length, 0);
  assert.match(said[0], /Somebody else has changed the plan/);
});

test("a refused edit brings the plan as it is, and later edits are of that", async () => {
  const { state, sent, said, drawn, answer } = await page().open();
  const first = state.change("api/plan/move");
  const queued = state.change("api/plan/place");
  await settled();
  sent.shift().refuse(new Error("the plan has changed since you saw it"));
  await settled();
  answer(plan("B", 1));
  assert.equal(await first, false);
  assert.equal(await queued, false, "made on a plan that was never seen");
  assert.deepEqual(said.length, 2);
  assert.equal(drawn.at(-1), "B");
});

test("the same plan saved by somebody else does not refuse one's own edit", async () => {
  const { state, sent, answer } = await page().open();
  const seen = state.seen();
  const heard = state.hear(standing("A", 1));
  answer(plan("A", 1));
  await heard;
  state.change("api/plan/move", {}, seen);
  await settled();
  assert.equal(sent.length, 1);
});

test("a verdict that ends with time is fetched again", async () => {
  const { state, asked, answer } = await page().open();
  const heard = state.hear({ ...standing("A", 0), headline: "NO GO" });
  assert.equal(asked.length, 1);
  answer({ ...plan("A", 0), verdict: { headline: "NO GO" } });
  await heard;
  state.hear({ ...standing("A", 0), headline: "NO GO" });
  assert.equal(asked.length, 0);
});

test("a server that cannot be reached is asked again when it is next heard", async () => {
  const { state, asked, said, answer } = await page().open();
  const heard = state.hear(standing("B", 1));
  asked.shift().refuse(new Error("no answer"));
  await heard;
  assert.deepEqual(said, ["no answer"]);
  const again = state.hear(standing("B", 1));
  answer(plan("B", 1));
  await again;
  assert.equal(state.plan().state, "B");
});
