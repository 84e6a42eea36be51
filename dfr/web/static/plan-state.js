// @ts-check
// The plan that a page shows, kept in step with the server and with every other page (`makePlanState`).
// Each plan has a content hash, its state. An edit carries the state it was made on; an answer names the state it
// is of, and one of another plan is dropped. Nothing here touches the document, so that races are tested without one.

/** @typedef {import("./contracts.d.ts").PlanAnswer} Plan */
/** @typedef {{ state: string, version: number, headline: string }} Known */
/** @typedef {{ document: any, state: string | null }} Stated */
/** @typedef {{ foreign: number }} Seen */

const PLAN = "api/plan";
const OVERTAKEN = "Somebody else has changed the plan since you saw it, so your edit was not made. Look at the plan as it is now, then edit it again.";

/** @type {(a: Known | null, b: Known | null) => boolean} */
const same = (a, b) => a !== null && b !== null && a.state === b.state && a.version === b.version && a.headline === b.headline;

const wordsOf = (/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error));

/** @type {(plan: Plan) => Known} */
const standingOf = (plan) => ({ state: plan.state, version: plan.version, headline: plan.verdict.headline });

/**
 * `ask(path)` gives {document, state}; `send(path, document)` gives the edited plan; both reject with words.
 * `say(words)` tells the user; `draw(plan)` shows a plan, `checking(busy)` that an edit is being checked.
 * @param {{
 *   ask: (path: string) => Promise<Stated>,
 *   send: (path: string, document: object) => Promise<Plan>,
 *   say: (words: string) => void,
 *   draw: (plan: Plan) => void,
 *   checking?: (busy: boolean) => void,
 * }} page
 */
export function makePlanState({ ask, send, say, draw, checking = () => {} }) {
  /** @type {Plan | null} */
  let shown = null; // The plan on the page.
  /** @type {Known | null} */
  let known = null; // What the server last said of the plan: its state, version and headline.
  let drawings = 0; // How often a plan was drawn: an answer asked before the last time is too old.
  let foreign = 0; // How many plans of somebody else have been drawn.
  let doubt = false; // Whether the server's plan may be another than any that was told.
  let editing = false;
  /** @type {Promise<void> | null} */
  let catching = null;
  /** @type {Promise<unknown>} */
  let queue = Promise.resolve();
  /** @type {Map<string, Promise<Stated>>} */
  const asked = new Map();

  function page() {
    if (!shown) throw new Error("No plan is loaded. Load the page again.");
    return shown;
  }

  /** @param {Plan} plan */
  function show(plan) {
    shown = plan;
    drawings += 1;
    draw(plan);
  }

  // Get the plan as often as it takes until the page shows what the server last spoke of.
  async function fetchUntilSame() {
    while (!editing && (doubt || !same(known, standingOf(page())))) {
      doubt = false;
      const before = known;
      const drawn = drawings;
      const { document: plan } = await ask(PLAN);
      if (editing) return; // The answer of the edit is newer than this.
      const found = standingOf(plan);
      if (drawn !== drawings || (known !== before && !same(known, found))) continue; // Overtaken on its way.
      known = found;
      if (plan.state !== page().state) foreign += 1;
      show(plan);
    }
  }

  function catchUp() {
    catching ??= fetchUntilSame()
      .catch((error) => {
        doubt = true; // Tried again when the server is next heard.
        say(wordsOf(error));
      })
      .finally(() => (catching = null));
    return catching;
  }

  /**
   * @param {string} path
   * @param {object} document_
   * @param {Seen} seen
   */
  async function edit(path, document_, seen) {
    if (seen.foreign !== foreign) {
      say(OVERTAKEN);
      show(page());
      return false;
    }
    const before = standingOf(page());
    let done = false;
    editing = true;
    checking(true);
    try {
      const plan = await send(path, { ...document_, state: page().state });
      if (!known || same(known, before)) known = standingOf(plan);
      show(plan);
      done = true;
    } catch (error) {
      say(wordsOf(error));
      doubt = true;
      show(page()); // What was dragged goes back to where it is.
    }
    editing = false;
    await catching;
    await catchUp();
    checking(false);
    return done;
  }

  return {
    plan: () => shown,

    // The first plan; null (with words) where there is none.
    async begin() {
      try {
        const { document: plan } = await ask(PLAN);
        known ??= standingOf(plan);
        shown = plan;
      } catch (error) {
        say(wordsOf(error));
      }
      return shown;
    },

    /**
     * What the server says of the plan, at any time.
     * @param {Known} standing
     */
    hear(standing) {
      known = { state: standing.state, version: standing.version, headline: standing.headline };
      return shown && !editing ? catchUp() : Promise.resolve();
    },

    /** @returns {Seen} what the user sees now; an edit that is sent later carries it */
    seen: () => ({ foreign }),

    /**
     * Edits are sent one after the other. False where it was refused.
     * @param {string} path
     * @param {object} document_
     * @param {Seen} seen
     */
    change(path, document_ = {}, seen = { foreign }) {
      const done = queue.then(() => edit(path, document_, seen));
      queue = done;
      return done;
    },

    /**
     * An answer about the plan shown; null where the plan has changed meanwhile. The same question is asked once at a
     * time. `request` asks it where that is more than getting a path.
     * @param {string} path
     * @param {() => Promise<Stated>} request
     */
    async askOfPlan(path, request = () => ask(path)) {
      const drawn = drawings;
      const key = `${drawn} ${path}`;
      const answer = asked.get(key) ?? request().finally(() => asked.delete(key));
      asked.set(key, answer);
      const { document: found, state } = await answer;
      return drawn === drawings && state === page().state ? found : null;
    },
  };
}
