// What every page needs: requests to the server, error messages, the head of the page.
// Addresses are relative to the page, since a deployment may be served below a folder of its own.

import { drawIcons } from "./icons.js";
import { beginTheme } from "./theme.js";

export const $ = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function toast(words) {
  const box = $("toast");
  box.textContent = words;
  box.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => (box.hidden = true), 9000);
}

// The document in an answer; an error, with words that say what happened, for anything else.
async function answer(response) {
  const text = await response.text();
  let document_;
  try {
    document_ = JSON.parse(text);
  } catch {
    if (response.ok) throw new Error("The server's answer cannot be read: something between it and this page may have cut or changed it. Try again.");
  }
  if (response.ok) return document_;
  throw new Error(document_?.error?.message ?? (text.trim().slice(0, 300) || `The server answered with status ${response.status}.`));
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("dfr cannot be reached. Check that it still runs and that this machine has a connection, then try again.");
  }
  return { document: await answer(response), state: response.headers.get("dfr-state") };
}

const json = (document_) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(document_) });
const documentOf = ({ document: found }) => found;

// A question with the state of the plan that its answer is of; `document_` is what is asked with.
export const ask = (path, document_) => request(path, document_ && json(document_));

export const get = (path) => request(path).then(documentOf);

export const post = (path, document_ = {}) => request(path, json(document_)).then(documentOf);

export const upload = (path, file) =>
  request(path, { method: "POST", headers: { "content-type": "application/octet-stream" }, body: file }).then(documentOf);

export async function tell(promise) {
  try {
    return await promise;
  } catch (error) {
    toast(error.message);
    return null;
  }
}

// A socket that is opened again when it breaks or stays silent; messages of the old one are ignored.
// `onState` is called with null while it is broken.
const SILENT_MS = 4000;

export function stream(path, onState) {
  let wait = 500;
  const open = () => {
    const address = new URL(path, document.baseURI);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    let silent = null;
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
export const fileAddress = (name) => new URL(`./${name}`, import.meta.url).href;

// Run a script that is no module; once, however often it is asked for.
const scripts = new Map();

export function loadScript(name) {
  if (!scripts.has(name)) scripts.set(name, new Promise((done, failed) => document.head.append(element("script", { src: fileAddress(name), onload: done, onerror: () => failed(new Error(`The file ${name} could not be loaded. Load the page again.`)) }))));
  return scripts.get(name);
}

export const seconds = (s) => (s === null || s === undefined ? "-" : `${s.toFixed(0)} s`);
export const percent = (x) => (x === null || x === undefined ? "-" : `${(100 * x).toFixed(1)} %`);
export const number = (x, digits = 1) => (x === null || x === undefined ? "-" : x.toFixed(digits));
export const value = (x, unit) => (unit === "share" ? percent(x) : number(x));

export function throttle(milliseconds, act) {
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
export async function begin() {
  if (BELOW_HOME.test(location.pathname)) document.querySelector("nav").prepend(element("a", { href: "../../", "data-icon": "home" }, "Home"));
  beginLook();
  const about = await get("api/about").catch((error) => ({ problem: error.message }));
  if (about.problem) toast(about.problem);
  else $("place").textContent = about.title;
  return about;
}
