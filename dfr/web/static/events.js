// @ts-check
// Server-sent events that are never silently lost (`follow`): opened again when they break or stay silent.
// A hidden page lets go of its connection, since a browser keeps only six to a server over HTTP/1.1.

const SILENT_MS = 25_000;
const SOON_MS = 500;
const LATE_MS = 8_000;

/**
 * `onEvent(document)` for each event, `onLost()` each time the server is out of reach.
 * @param {string} path
 * @param {(document: any) => void} onEvent
 * @param {() => void} onLost
 * @param {{ Source?: typeof EventSource, page?: Document }} [seams] a test's own browser
 */
export function follow(path, onEvent, onLost, { Source = globalThis.EventSource, page = globalThis.document } = {}) {
  /** @type {EventSource | null} */
  let source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silent;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  let wait = SOON_MS;

  function close() {
    clearTimeout(silent);
    clearTimeout(again);
    if (source) source.onmessage = source.onerror = null;
    source?.close();
    source = null;
  }

  function lost() {
    close();
    onLost();
    again = setTimeout(open, wait);
    wait = Math.min(2 * wait, LATE_MS);
  }

  function patience() {
    clearTimeout(silent);
    silent = setTimeout(lost, SILENT_MS);
  }

  function open() {
    close();
    source = new Source(path);
    source.onmessage = (event) => {
      wait = SOON_MS;
      patience();
      onEvent(JSON.parse(event.data));
    };
    source.onerror = lost;
    patience();
  }

  page?.addEventListener("visibilitychange", () => (page.hidden ? close() : open()));
  if (!page?.hidden) open();
  return close;
}
