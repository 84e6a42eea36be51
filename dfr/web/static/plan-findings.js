// @ts-check
// The findings of the Plan page: gravest first, each with its rule, its basis, what to do and where it is.

import { element } from "./common.js";
import { icon } from "./icons.js";

const WORDS = { violation: "Violation", unknown: "Unknown", advice: "To note", ok: "In order" };
const SIGNS = { violation: "warning", unknown: "warning", advice: "warning", ok: "ok" };
const OPEN = ["violation", "unknown", "advice"];

const spaced = (name) => name.replaceAll("-", " ").replaceAll("_", " ");

export function oneFinding(finding, onPick) {
  const margin = finding.margin_m === null ? "" : ` Margin ${finding.margin_m.toFixed(0)} m.`;
  const parts = [
    element("span", { class: "kind" }, icon(SIGNS[finding.severity]), `${WORDS[finding.severity]}: ${spaced(finding.rule)}`),
    element("span", {}, `${finding.message}${margin}`),
    element("span", { class: "hint" }, `Basis: ${spaced(finding.basis)}. ${finding.source}`),
  ];
  if (finding.fix) parts.push(element("span", { class: "fix" }, `To do: ${finding.fix}`));
  if (!finding.place) return element("li", {}, element("div", { class: `finding ${finding.severity}` }, ...parts));
  return element("li", {}, element("button", { class: `finding ${finding.severity}`, onclick: () => onPick(finding) }, ...parts, element("span", { class: "where" }, icon("follow"), "Show on the map")));
}

// `ofHour` is the finding of the chosen hour, told apart from those of the plan, which hold in every hour.
/**
 * @param {HTMLElement} box
 * @param {any[]} shown
 * @param {{ onPick: (finding: any) => void, ofHour?: any }} how
 */
export function drawFindings(box, shown, { onPick, ofHour = null }) {
  const groups = OPEN.map((kind) => /** @type {[string, any[]]} */ ([kind, shown.filter((f) => f.severity === kind)])).filter(([, of]) => of.length);
  const fine = shown.filter((f) => f.severity === "ok");
  const lists = groups.map(([kind, of]) => {
    const list = element("ul", { class: "findings" }, ...of.map((finding) => oneFinding(finding, onPick)));
    if (kind !== "advice") return list;
    return element("details", { open: !groups.some(([other]) => other !== "advice") }, element("summary", {}, `${of.length} to note`), list);
  });
  if (fine.length) lists.push(element("details", {}, element("summary", {}, `${fine.length} in order`), element("ul", { class: "findings" }, ...fine.map((finding) => oneFinding(finding, onPick)))));
  const hour = ofHour ? [element("h3", {}, "In this hour"), element("ul", { class: "findings" }, oneFinding(ofHour, onPick)), element("h3", {}, "Of the plan, in every hour")] : [];
  box.replaceChildren(...hour, ...lists);
}
