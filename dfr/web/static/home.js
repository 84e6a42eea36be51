// @ts-check
// Home: the deployments of the folder, the examples, and a file that a user opens.

import { $, beginLook, element, get, post, tell, upload, wordsOf } from "./common.js";

const MOST_BYTES = 32 * 1024 * 1024;

const days = ({ first_day: first, last_day: last }) => (first ? (first === last ? first : `${first} to ${last}`) : "");
const changed = (moment) => `changed ${new Date(moment).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}`;

function refuse(words) {
  $("problem").textContent = words;
  $("problem").hidden = words === "";
}

// A deployment that has just been added, or the reason why it was not.
async function enter(promise) {
  refuse("");
  try {
    location.assign(`d/${(await promise).slug}/plan`);
  } catch (error) {
    refuse(wordsOf(error));
  }
}

// A scenario with the files beside it, or a zip of them: sent one after the other, with the size of each.
function openFiles(files) {
  const chosen = [...files];
  if (!chosen.length) return;
  if (chosen.reduce((sum, file) => sum + file.size, 0) > MOST_BYTES) refuse("Together the files are larger than 32 MiB. Choose the scenario (YAML) and the files that it names.");
  else enter(upload(`api/home/open?${new URLSearchParams(chosen.flatMap((file) => [["name", file.name], ["size", file.size]]))}`, new Blob(chosen)));
}

function deployment(found) {
  const words = [element("strong", {}, found.title), element("span", { class: "hint" }, [days(found), found.file, changed(found.modified)].filter(Boolean).join(" · "))];
  const body = found.problem ? element("div", { class: "card broken" }, ...words, element("span", {}, `dfr cannot read this file. ${found.problem}`)) : element("a", { class: "card", href: `d/${found.slug}/plan` }, ...words, found.description);
  return element("li", {}, body);
}

function example(found) {
  const open = () => enter(post("api/home/copy", { name: found.name }));
  return element("li", {}, element("button", { class: "card", onclick: open }, element("strong", {}, found.title), element("span", { class: "hint" }, days(found)), found.description));
}

function drawHome(home) {
  $("folder").textContent = home.folder;
  const none = element("li", { class: "empty" }, element("strong", {}, "No deployment is here yet"), "Begin with New deployment, open a file, or try an example.");
  $("deployments").replaceChildren(...(home.deployments.length ? home.deployments.map(deployment) : [none]));
  $("more").textContent = home.more ? `${home.more} older ${home.more === 1 ? "file is" : "files are"} not listed.` : "";
  $("personal").textContent = home.personal.join(" ");
  $("shipped").replaceChildren(...home.shipped.map(example));
}

function acceptDrops() {
  const drop = (event, over) => {
    event.preventDefault();
    document.body.classList.toggle("dropping", over);
  };
  document.addEventListener("dragover", (event) => drop(event, true));
  document.addEventListener("dragleave", (event) => drop(event, false));
  document.addEventListener("drop", (event) => {
    drop(event, false);
    openFiles(event.dataTransfer?.files ?? []);
  });
}

async function main() {
  beginLook();
  $("file").addEventListener("change", () => {
    openFiles($("file").files ?? []);
    $("file").value = "";
  });
  acceptDrops();
  const home = await tell(get("api/home"));
  if (home) drawHome(home);
  document.body.dataset.ready = "yes";
}

main();
