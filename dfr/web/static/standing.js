// @ts-check
// The line at the foot of the head of every page: the verdict on the plan as it is now, and how old its data are.

import { element } from "./common.js";
import { follow } from "./events.js";

/** @typedef {import("./contracts.d.ts").Standing} Standing */

const clock = () => new Date().toLocaleTimeString("en-GB");

/**
 * @param {HTMLElement} line
 * @param {Standing} standing
 */
function drawStanding(line, standing) {
  line.hidden = !standing.headline;
  line.className = `standing ${standing.verdict === "GO" ? "go" : "no"}`;
  line.replaceChildren(element("strong", {}, standing.headline ?? ""), ` ${(standing.data ?? []).join(" · ")}`);
}

/**
 * Keep the line in step with the server; `onStanding` hears of each change, and of each beat between.
 * @param {(standing: Standing) => void} onStanding
 */
export function followStanding(onStanding = () => {}) {
  const line = element("p", { id: "standing", class: "standing", role: "status", hidden: true });
  document.querySelector("header")?.append(line);
  let heard = "";
  let told = "";
  follow("api/events", (/** @type {Standing} */ standing) => {
    heard = clock();
    const now = JSON.stringify(standing);
    if (now !== told) drawStanding(line, standing);
    told = now;
    onStanding(standing);
  }, () => {
    told = "";
    line.hidden = false;
    line.className = "standing no";
    line.textContent = `No contact with dfr${heard ? ` since ${heard}` : ""}. What you see may be old.`;
  });
}
