// @ts-check
// The pictures of the Operate page: one of each drone that somebody wants to see, never an old one as if it were live.

import { $, element } from "./common.js";
import { askAgain, begin, fail, isLive, look, mustAskAgain, pictureWords } from "./video-state.js";
import { WhepStream } from "./whep.js";

const LOOK_EVERY_MS = 250;

/** @typedef {{ kind: string, addresses: Record<string, string> }} Video */

/** @type {Video | null} */
let gateway = null;
/** @type {Map<string, { close: () => void, look?: () => void }>} */
const shown = new Map();

// A clock that nobody sets back, or an old picture would be live again.
const nowMs = () => performance.timeOrigin + performance.now();
const clockOf = (/** @type {number} */ ms) => new Date(ms).toLocaleTimeString("en-GB");

// The pictures of a shift; null where no gateway was named.
export function beginVideo(/** @type {Video | null} */ video) {
  gateway = video;
  $("pictures-hint").hidden = video !== null;
  setInterval(() => shown.forEach((picture) => picture.look?.()), LOOK_EVERY_MS);
  addEventListener("pagehide", () => shown.forEach((picture) => picture.close()));
}

export const hasVideo = (/** @type {string} */ drone) => Boolean(gateway?.addresses[drone]);

// Show a drone's picture, or take it away.
export function toggleVideo(/** @type {string} */ drone) {
  const open = shown.get(drone);
  if (open) {
    open.close();
    shown.delete(drone);
    return;
  }
  const address = gateway?.addresses[drone];
  if (address) shown.set(drone, gateway?.kind === "iframe" ? openFrame(drone, address) : openStream(drone, address));
}

function addFigure(/** @type {string} */ drone, /** @type {(Node | string)[]} */ ...inside) {
  const close = element("button", { type: "button", "aria-label": `Close the picture of ${drone}`, onclick: () => toggleVideo(drone) }, "Close");
  const figure = element("figure", { "data-picture": drone }, element("figcaption", {}, drone, close), ...inside);
  $("pictures").append(figure);
  return figure;
}

// Another's page: what it shows, and how old that is, nobody here can see.
function openFrame(/** @type {string} */ drone, /** @type {string} */ address) {
  const frame = element("iframe", { src: address, title: `Picture of ${drone}`, sandbox: "allow-scripts allow-same-origin", allow: "autoplay; fullscreen", referrerpolicy: "no-referrer" });
  const figure = addFigure(drone, frame, element("p", { class: "hint" }, "A page of the gateway: dfr cannot tell whether this picture is live."));
  return { close: () => figure.remove() };
}

function openStream(/** @type {string} */ drone, /** @type {string} */ address) {
  const video = /** @type {any} */ (element("video", { autoplay: true, playsinline: true, "aria-label": `Picture of ${drone}` }));
  video.muted = true; // or a browser plays nothing by itself
  const words = element("p", { class: "no-picture", role: "status" });
  const figure = addFigure(drone, element("div", { class: "picture" }, video, words));
  let picture = begin(nowMs());
  let opened = 0;
  /** @type {WhepStream | null} */
  let stream = null;
  function open() {
    stream?.close();
    const mine = ++opened;
    stream = new WhepStream(address, video, (why) => mine === opened && (picture = fail(picture, why)));
  }
  function lookAgain() {
    const now = nowMs();
    picture = look(picture, video.getVideoPlaybackQuality().totalVideoFrames, now);
    if (mustAskAgain(picture, now)) {
      picture = askAgain(picture, now);
      open();
    }
    figure.classList.toggle("live", isLive(picture, now));
    const said = pictureWords(picture, now, clockOf);
    if (words.textContent !== said) words.textContent = said;
  }
  open();
  lookAgain();
  return {
    look: lookAgain,
    close() {
      opened++;
      stream?.close();
      figure.remove();
    },
  };
}
