// @ts-check
// Saving: what the file would say is asked first, so that a NO GO is saved knowingly and docks are only required on request.

import { element } from "./common.js";

// `ask()` gives what saving means, or null; `save(document)` whether it was done; `say(words)` tells the user.
export async function savePlan({ ask, save, say }) {
  const meaning = await ask();
  if (!meaning) return;
  if (meaning.go && !meaning.other_docks) {
    if (await save({})) say(`Saved. ${meaning.verdict}`);
    return;
  }
  const keep = element("input", { type: "checkbox", id: "keep-docks" });
  const docks = meaning.other_docks ? [element("p", {}, meaning.other_docks), element("label", {}, keep, `Write these docks as required: ${meaning.docks}`)] : [];
  const words = meaning.go ? "The file is saved as it is." : `You are saving a plan that is not a go. ${meaning.verdict}`;
  const finish = async () => {
    dialog.close();
    if (await save({ keep_docks: keep.checked })) say(`Saved. ${meaning.verdict}`);
  };
  const form = element("form", { method: "dialog" }, element("h2", {}, "Save the scenario file"), element("p", { id: "save-words" }, words), ...docks,
    element("div", { class: "row" }, element("button", { type: "button", id: "save-anyway", onclick: finish }, "Save"), element("button", { value: "cancel" }, "Cancel")));
  const dialog = element("dialog", { class: "feature-form", "aria-label": "Save" }, form);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
