// @ts-check
// Files dropped on the page, or chosen: what a file holds is shown first, then taken over as one edit.

import { $, element, post, tell, upload } from "./common.js";

const TITLES = { features: "Map features", calls: "Calls", airspace: "Airspace", notams: "NOTAMs", weather: "Weather" };
const COLUMN_WORDS = { when: "when (date and time)", date: "date", time: "time of day", zone: "zone by name", lat: "latitude", lon: "longitude", easting: "easting", northing: "northing", point: "point (lat, lon)", grade: "grade" };
const ORDER_WORDS = { iso: "2024-08-24", dmy: "24/08/2024 (day first)", mdy: "08/24/2024 (month first)" };

const choice = (value, words, chosen) => element("option", { value, selected: chosen }, words);
const list = (lines) => element("ul", { class: "import-lines" }, ...lines.map((line) => element("li", {}, line)));
const labelled = (words, control) => element("label", { class: "import-field" }, element("span", {}, words), control);

function problemsOf(problems, more = 0) {
  if (!problems.length) return [];
  const rest = more ? [element("li", {}, `and ${more} more`)] : [];
  return [element("details", { class: "import-problems" }, element("summary", {}, `${problems.length + more} not used as they stand`), element("ul", {}, ...problems.map((words) => element("li", {}, words)), ...rest))];
}

// Each form gives what it shows, and `answers()`: what it adds to the request that takes the file over.

function featureForm(shown) {
  const selects = shown.features.map((feature) => {
    const roles = shown.roles.filter((role) => role.shapes.includes(feature.shape));
    const select = element("select", { "aria-label": `Role of ${feature.name || `feature ${feature.number + 1}`}`, "data-feature": feature.number }, choice("", roles.length ? "leave out" : "cannot be used", !feature.proposed),
      ...roles.map((role) => choice(role.key, role.title, role.key === feature.proposed)));
    return [feature, select];
  });
  const rows = selects.map(([feature, select]) => element("tr", {}, element("td", {}, feature.name || "(no name)"), element("td", {}, feature.group), element("td", {}, feature.hole_of !== null ? "hole" : feature.shape === "line" ? "open line" : feature.shape), element("td", { class: "n" }, String(feature.corners)), element("td", { class: "n" }, feature.height_m === null ? "" : `${feature.height_m} m`), element("td", {}, select)));
  const people = element("input", { type: "number", min: 0.1, max: 10, step: 0.1, value: shown.people_per_m2 });
  const height = element("input", { type: "number", min: 0.1, max: 200, step: 0.1, placeholder: "not known" });
  const lines = shown.features.some((feature) => feature.shape === "line") ? [element("p", { class: "hint" }, "An open line with a role becomes an area: its ends are joined.")] : [];
  const replaced = shown.roles.filter((role) => !["boundary", "obstacle"].includes(role.key)).map((role) => {
    const box = element("input", { type: "checkbox", value: role.key });
    box.checked = shown.placeholders.includes(role.key);
    return [box, element("label", {}, box, role.title)];
  });
  const body = [
    element("table", { class: "import-table" }, element("thead", {}, element("tr", {}, ...["Name", "Folder", "Shape", "Corners", "Height", "Role"].map((words) => element("th", {}, words)))), element("tbody", {}, ...rows)),
    ...lines,
    labelled("People per m² in crowds (assumed for all hours)", people),
    labelled("Height in m of obstacles, where the file does not say it (assumed)", height),
    element("fieldset", {}, element("legend", {}, "Take out what is there now of these kinds"), ...replaced.map(([, label]) => label)),
    ...problemsOf(shown.problems),
  ];
  const answers = () => ({
    roles: Object.fromEntries(selects.filter(([, select]) => select.value).map(([feature, select]) => [String(feature.number), select.value])),
    replace: replaced.filter(([box]) => box.checked).map(([box]) => box.value),
    people_per_m2: Number(people.value),
    obstacle_height_m: height.value ? Number(height.value) : null,
  });
  return { body, answers };
}

function callForm(shown, showAgain) {
  const told = Object.fromEntries(Object.entries(shown.match).map(([what, column]) => [column, what]));
  const columns = shown.columns.map((column) => {
    const select = element("select", { "aria-label": `What column ${column.name} tells` }, choice("", "nothing", !told[column.name]), ...shown.can_tell.map((what) => choice(what, COLUMN_WORDS[what], told[column.name] === what)));
    return [column, select];
  });
  const rows = columns.map(([column, select]) => element("tr", {}, element("td", {}, column.name), element("td", {}, column.sample), element("td", {}, select)));
  const order = element("select", {}, choice("", "as the dates show it", !shown.dates), ...shown.date_orders.map((key) => choice(key, ORDER_WORDS[key], shown.dates === key)));
  const crs = element("input", { type: "text", value: shown.crs ?? "", placeholder: "EPSG:27700" });
  const zones = element("input", { type: "number", min: 1, max: 50, value: shown.zones ?? "", placeholder: "as drawn" });
  /** @type {[string, import("./types.d.ts").PageElement][]} */
  const words = Object.keys(shown.unknown_grades ?? {}).map((word) => [word, element("select", {}, choice("", "none", true), ...shown.grades.map((grade) => choice(grade, grade, false)))]);
  const answers = () => ({
    columns: Object.fromEntries(columns.filter(([, select]) => select.value).map(([column, select]) => [select.value, column.name])),
    dates: order.value || null,
    crs: crs.value.trim() || null,
    zones: zones.value ? Number(zones.value) : null,
    grades: { ...shown.grade_words, ...Object.fromEntries(words.filter(([, select]) => select.value).map(([word, select]) => [word, select.value])) },
  });
  const found = shown.problem ? [element("p", { class: "worse", role: "alert" }, shown.problem)] : [list(shown.lines)];
  const body = [
    element("table", { class: "import-table" }, element("thead", {}, element("tr", {}, ...["Column", "First cell", "Tells"].map((title) => element("th", {}, title)))), element("tbody", {}, ...rows)),
    labelled("Order of the dates", order), labelled("Grid of eastings and northings", crs), labelled("Demand zones to make of the calls", zones),
    ...words.map(([word, select]) => labelled(`Grade that “${word}” means`, select)),
    element("button", { type: "button", onclick: () => showAgain(answers()) }, "Read again"),
    element("div", { role: "status" }, ...found),
  ];
  return { body, answers, ready: !shown.problem };
}

function airspaceForm(shown) {
  const date = element("input", { type: "date", value: shown.date, required: true });
  const source = element("input", { type: "text", value: shown.source, required: true, placeholder: "who published it" });
  const body = [list(shown.lines), labelled("Date of its data", date), labelled("Source", source), ...problemsOf(shown.problems, shown.more_problems)];
  return { body, answers: () => ({ date: date.value, source: source.value }) };
}

function notamForm(shown) {
  const reader = element("input", { type: "text", required: true, placeholder: "name or role" });
  const when = element("input", { type: "datetime-local", required: true });
  const body = [list(shown.lines), labelled("Read by", reader), labelled("Read at (local time of the site)", when), ...problemsOf(shown.problems, shown.more_problems)];
  return { body, answers: () => ({ read_by: reader.value, read_at: when.value }) };
}

const weatherForm = (shown) => ({ body: [list(shown.lines), ...problemsOf(shown.problems)], answers: () => ({}) });

const FORMS = { features: featureForm, calls: callForm, airspace: airspaceForm, notams: notamForm, weather: weatherForm };

// `change(path, document)` sends an edit of the plan and gives false where it was refused.
export function makeImport({ change }) {
  const waiting = [];
  /** @type {any} */
  let dialog = null;

  function close() {
    dialog?.close();
  }

  function showNext() {
    if (!dialog && waiting.length) read(waiting.shift());
  }

  async function read(file, as = "") {
    const shown = await tell(upload(`api/import/file?${new URLSearchParams({ name: file.name, as })}`, file));
    if (shown) show(file, shown);
    else showNext();
  }

  function show(file, shown) {
    const again = async (answers) => {
      const next = await tell(post("api/import/calls", { id: shown.id, ...answers }));
      if (next) show(file, { ...next, could_be: shown.could_be, zones: answers.zones });
    };
    const { body, answers, ready = true } = FORMS[shown.as](shown, again);
    const kind = element("select", { onchange: () => read(file, kind.value) }, ...shown.could_be.map((key) => choice(key, TITLES[key], key === shown.as)));
    const refused = element("p", { class: "worse", role: "alert" });
    const take = async (event) => {
      event.preventDefault();
      refused.textContent = "";
      if (!(await change("api/import/apply", { id: shown.id, as: shown.as, ...answers() }))) {
        // The dialog lies over the words that the page shows for some seconds: they stay here.
        refused.textContent = $("toast").textContent;
        return;
      }
      close();
      // The layers of the airspace are drawn once for a page.
      if (shown.as === "airspace" || shown.as === "notams") location.reload();
    };
    const form = element("form", { onsubmit: take }, element("h2", {}, `Import ${shown.name}`), labelled("Take it for", kind), ...body, refused,
      element("div", { class: "row" }, element("button", { disabled: !ready }, "Take over"), element("button", { type: "button", onclick: close }, "Cancel")));
    if (dialog) {
      dialog.replaceChildren(form);
      return;
    }
    dialog = element("dialog", { class: "import", "aria-label": "Import a file" }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      dialog = null;
      showNext();
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  function take(files) {
    waiting.push(...files);
    showNext();
  }

  // The button of the toolbar, and files dropped anywhere on the page.
  function listen(button) {
    const input = element("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files to import", onchange: () => {
      take(input.files);
      input.value = "";
    } });
    button.after(input);
    button.addEventListener("click", () => input.click());
    document.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
    document.addEventListener("drop", (event) => {
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      take(event.dataTransfer.files);
    });
  }

  return { listen };
}
