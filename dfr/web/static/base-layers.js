// @ts-check
// What lies under the plan: a drawing or tiles, a picture of the site, and a graticule where there is neither.
// A user adds files of their own; the server keeps them beside the scenario and tells every open page.

import { $, element, first, get, post, tell, toast, upload } from "./common.js";
import { addBasemap, addTiles } from "./basemap.js";
import { addGraticule } from "./graticule.js";
import { marker, named, show } from "./map.js";
import { LAYERS } from "./style.js";

const MOST_BYTES = 32 * 1024 * 1024;
const CORNERS = ["north-west", "north-east", "south-east", "south-west"];
const LOWEST = LAYERS[0].id;
const ABOVE_BASE = LAYERS.filter(({ id }) => !id.startsWith("base-"))[0].id;

// Whose each thing is that is drawn, in a line at the foot of the map.
const credits = new Map();

function credit(name, words) {
  if (words) credits.set(name, words);
  else credits.delete(name);
  const line = first(".attribution") ?? $("map").appendChild(element("p", { class: "attribution" }));
  line.textContent = [...new Set(credits.values())].join(" · ");
  line.hidden = credits.size === 0;
}

const isDrawn = (drawing) => Boolean(drawing?.features.some((feature) => feature.properties.kind !== "grid"));

// The tiles that the server offers under everything; false where there are none, or they cannot be read.
async function addTilesOf(map, about) {
  const drawn = about.basemap ? await tell(addBasemap(map, LOWEST)) : about.tiles ? addTiles(map, about.tiles, LOWEST) : null;
  if (!drawn) return false;
  credit("tiles", drawn.credit);
  for (const id of named(["base"])) map.setLayoutProperty(id, "visibility", "none");
  return true;
}

// What the server knows of the place, and of what the user has put under the plan.
export const askPlace = (about) => Promise.all([about.plan ? tell(get("api/place")) : {}, about.plan ? tell(get("api/base")) : null]);

function makeBase(map, about, tiled) {
  /** @type {number | null} */
  let version = null;
  /** @type {any[]} */
  let corners = [];
  let bare = false;

  function drawPlace(layers) {
    if (!layers) return;
    show(map, layers);
    if (!tiled) credit("base", layers.base?.note);
    if (!tiled && !bare && !isDrawn(layers.base)) addGraticule(map, LOWEST);
    bare ||= !isDrawn(layers.base);
    for (const id of ["graticule-line", "graticule-words"]) if (map.getLayer(id)) map.setLayoutProperty(id, "visibility", isDrawn(layers.base) ? "none" : "visible");
  }

  function drawPhoto({ photo, version: now }) {
    if (map.getLayer("photo")) {
      map.removeLayer("photo");
      map.removeSource("photo");
    }
    credit("photo", photo?.note);
    if (!photo) return;
    map.addSource("photo", { type: "image", url: new URL(`api/base/photo?version=${now}`, document.baseURI).href, coordinates: photo.corners });
    map.addLayer({ id: "photo", type: "raster", source: "photo", paint: { "raster-fade-duration": 0 } }, ABOVE_BASE);
  }

  // A picture that does not say where it lies is pinned by its corners.
  function drawCorners({ photo, pinned }) {
    corners.forEach((m) => m.remove());
    corners = !pinned || !photo || !$("base-file") ? [] : photo.corners.map((at, i) => {
      const made = marker(map, "corner", at, { draggable: true, button: true, title: `${CORNERS[i]} corner of the picture: drag it to its place` });
      made.on("dragend", () => change(post("api/base/pin", { corners: corners.map((m) => m.getLngLat().toArray()) })));
      return made;
    });
  }

  function draw(base) {
    if (base.problem) toast(base.problem);
    version = base.version;
    drawPhoto(base);
    drawCorners(base);
    if ($("base-remove")) $("base-remove").hidden = !base.photo;
  }

  async function refresh(asked = askPlace(about)) {
    const [layers, base] = await asked;
    drawPlace(layers);
    if (base) draw(base);
  }

  // What the server answers to a change is drawn like any other: by asking for all of it.
  async function change(promise) {
    if (await tell(promise)) await refresh();
  }

  // The middle of what is shown, for a picture that does not say where it lies.
  function middle() {
    const { width, height } = map.getCanvas().getBoundingClientRect();
    const at = (x, y) => map.unproject([x * width, y * height]).toArray();
    return [at(0.3, 0.35), at(0.6, 0.35), at(0.6, 0.65), at(0.3, 0.65)];
  }

  function take(file) {
    if (file.size > MOST_BYTES) toast(`${file.name} is larger than 32 MiB. Cut it smaller.`);
    else return change(upload(`api/base/file?name=${encodeURIComponent(file.name)}&corners=${middle().flat().join(",")}`, file));
  }

  $("base-file")?.addEventListener("change", async () => {
    const file = $("base-file").files?.[0];
    if (file) await take(file);
    $("base-file").value = "";
  });
  $("base-remove")?.addEventListener("click", () => change(post("api/base/remove")));

  return {
    refresh,
    // The server tells with every event which version of it is there.
    follow: (now) => (version !== null && now !== version ? refresh() : null),
  };
}

// Everything under the plan, and the layers that no edit changes. Gives `follow` for what the server tells later.
// `asked` is what `askPlace` gives, where a page has asked before it had a map.
export async function showPlace(map, about, asked = askPlace(about)) {
  const base = makeBase(map, about, await addTilesOf(map, about));
  await base.refresh(asked);
  return base;
}
