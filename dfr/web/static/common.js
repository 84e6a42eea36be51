// @ts-check
// What every page needs: requests to the server, error messages, the head of the page.
// Addresses are relative to the page, since a deployment may be served below a folder of its own.

import { drawIcons } from "./icons.js";
import { beginTheme } from "./theme.js";

/** @typedef {import("./contracts.d.ts").Answers} Answers */
/** @typedef {import("./types.d.ts").PageElement} PageElement */

// An element of the page by its id; that it is there, the tests of each page show.
export const $ = (/** @type {string} */ id) => /** @type {PageElement} */ (document.getElementById(id));

// The first element that fits a selector, and all of them.
/** @type {(selector: string, within?: ParentNode) => PageElement | null} */
export const first = (selector, within = document) => /** @type {PageElement | null} */ (within.querySelector(selector));
/** @type {(selector: string, within?: ParentNode) => PageElement[]} */
export const all = (selector, within = document) => /** @type {PageElement[]} */ ([...within.querySelectorAll(selector)]);

export const focused = () => /** @type {PageElement | null} */ (document.activeElement);

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes] listeners where a name starts with "on", absent where false or null
 * @param {...(Node | string)} children
 * @returns {PageElement}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return /** @type {PageElement} */ (node);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let toasting;

export function toast(/** @type {string} */ words) {
  const box = $("toast");
  box.textContent = words;
  box.hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => (box.hidden = true), 9000);
}

// What a server that was reached says against a request.
export class RefusedError extends Error {}

// The document in an answer; an error, with words that say what happened, for anything else.
async function answer(/** @type {Response} */ response) {
  const text = await response.text();
  let document_;
  try {
    document_ = JSON.parse(text);
  } catch {
    if (response.ok) throw new Error("The server's answer cannot be read: something between it and this page may have cut or changed it. Try again.");
  }
  if (response.ok) return document_;
  throw new RefusedError(document_?.error?.message ?? (text.trim().slice(0, 300) || `The server answered with status ${response.status}.`));
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @param {number} [withinMs] an answer that takes longer is given up: of a line that has gone deaf nobody hears
 */
async function request(path, options, withinMs) {
  const signal = withinMs ? AbortSignal.timeout(withinMs) : undefined;
  try {
    const response = await fetch(path, { ...options, signal }).catch(() => {
      throw new Error("dfr cannot be reached. Check that it still runs and that this machine has a connection, then try again.");
    });
    return { document: await answer(response), state: response.headers.get("dfr-state") };
  } catch (error) {
    if (!withinMs || !signal?.aborted) throw error;
    const asked = options?.method === "POST" ? " It may still do what you asked: look whether it has before you ask again." : "";
    throw new Error(`dfr has not answered within ${withinMs / 1000} s.${asked}`, { cause: error });
  }
}

const json = (/** @type {object} */ document_) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(document_) });
const documentOf = (/** @type {{ document: any }} */ { document: found }) => found;

// A question with the state of the plan that its answer is of; `document_` is what is asked with.
/** @type {(path: string, document_?: object) => Promise<{ document: any, state: string | null }>} */
export const ask = (path, document_) => request(path, document_ && json(document_));

/** @type {{ <Path extends keyof Answers>(path: Path): Promise<Answers[Path]>, (path: string, withinMs?: number): Promise<any> }} */
export const get = (/** @type {string} */ path, /** @type {number | undefined} */ withinMs = undefined) => request(path, undefined, withinMs).then(documentOf);

export const post = (/** @type {string} */ path, /** @type {object} */ document_ = {}, /** @type {number | undefined} */ withinMs = undefined) => request(path, json(document_), withinMs).then(documentOf);

export const upload = (/** @type {string} */ path, /** @type {Blob} */ file) =>
  request(path, { method: "POST", headers: { "content-type": "application/octet-stream" }, body: file }).then(documentOf);

/**
 * What a promise gives; null, once the user was told why, where it gives nothing.
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T | null>}
 */
export async function tell(promise) {
  try {
    return await promise;
  } catch (error) {
    toast(wordsOf(error));
    return null;
  }
}

export const wordsOf = (/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error));

// A socket that is opened again when it breaks or stays silent; messages of the old one are ignored.
// `onState` is called with null while it is broken.
const SILENT_MS = 4000;

/**
 * @param {string} path
 * @param {(state: any) => void} onState
 */
export function stream(path, onState) {
  let wait = 500;
  const open = () => {
    const address = new URL(path, document.baseURI);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let silent;
    const again = () => {
      socket.onmessage = socket.onclose = null;
      clearTimeout(silent);
      socket.close();
      onState(null);
      setTimeout(open, wait);
      wait = Math.min(wait * 2, 8000);
    };
    const patience = () => {
      clearTimeout(silent);
      silent = setTimeout(again, SILENT_MS);
    };
    socket.onmessage = (event) => {
      wait = 500;
      patience();
      onState(JSON.parse(event.data));
    };
    socket.onclose = again;
    patience();
  };
  open();
}

// The address of a file beside the scripts.
export const fileAddress = (/** @type {string} */ name) => new URL(`./${name}`, import.meta.url).href;

// Run a script that is no module; once, however often it is asked for.
/** @type {Map<string, Promise<unknown>>} */
const scripts = new Map();

export function loadScript(/** @type {string} */ name) {
  if (!scripts.has(name)) scripts.set(name, new Promise((done, failed) => document.head.append(element("script", { src: fileAddress(name), onload: done, onerror: () => failed(new Error(`The file ${name} could not be loaded. Load the page again.`)) }))));
  return /** @type {Promise<unknown>} */ (scripts.get(name));
}

/** @typedef {number | null | undefined} Figure */
export const seconds = (/** @type {Figure} */ s) => (s === null || s === undefined ? "-" : `${s.toFixed(0)} s`);
export const percent = (/** @type {Figure} */ x) => (x === null || x === undefined ? "-" : `${(100 * x).toFixed(1)} %`);
export const number = (/** @type {Figure} */ x, digits = 1) => (x === null || x === undefined ? "-" : x.toFixed(digits));
export const value = (/** @type {Figure} */ x, /** @type {string} */ unit) => (unit === "share" ? percent(x) : number(x));

/**
 * A function that acts at most once in a time, with what it was last called with.
 * @template {any[]} Args
 * @param {number} milliseconds
 * @param {(...args: Args) => Promise<void>} act
 * @returns {(...args: Args) => void}
 */
export function throttle(milliseconds, act) {
  /** @type {Args | null} */
  let waiting = null;
  let busy = false;
  const run = async () => {
    if (busy || waiting === null) return;
    const args = waiting;
    waiting = null;
    busy = true;
    await act(...args);
    setTimeout(() => {
      busy = false;
      run();
    }, milliseconds);
  };
  return (...args) => {
    waiting = args;
    run();
  };
}

// Colours as the user left them, and the icons of the page.
export function beginLook() {
  beginTheme();
  drawIcons();
}

const BELOW_HOME = /\/d\/[^/]+\/[^/]*$/;

// The head of the page. Gives what the server says about itself, or the `problem` with the deployment.
/** @returns {Promise<any>} */
export async function begin() {
  if (BELOW_HOME.test(location.pathname)) document.querySelector("nav")?.prepend(element("a", { href: "../../", "data-icon": "home" }, "Home"));
  beginLook();
  /** @type {any} */
  const about = await get("api/about").catch((error) => ({ problem: wordsOf(error) }));
  if (about.problem) toast(about.problem);
  else $("place").textContent = about.title;
  return about;
}
