// @ts-check
// Whether a picture is live, what to say where it is not, and when to ask for it again; nothing here touches the
// document. Times are milliseconds of one clock, null before the first.

/** @typedef {{ askedMs: number, frameMs: number | null, frames: number, failed: string, tries: number }} Picture */

// A camera sends some 25 frames a second: with none for so long, what stands on the screen is old (assumed).
export const FROZEN_MS = 2000;

// Without a frame for so long the picture is asked for again; the pause doubles with each try in vain (assumed).
export const ASK_AGAIN_MS = 8000;
export const FIRST_PAUSE_MS = 1000;
export const LONGEST_PAUSE_MS = 30_000;

/** @type {(nowMs: number) => Picture} */
export const begin = (nowMs) => ({ askedMs: nowMs, frameMs: null, frames: 0, failed: "", tries: 0 });

// The picture after a look at its count of frames, which begins anew with each stream.
/** @type {(picture: Picture, frames: number, nowMs: number) => Picture} */
export function look(picture, frames, nowMs) {
  if (frames === picture.frames) return picture;
  // A new stream: what it has shown by now is known at the next look.
  if (frames < picture.frames) return { ...picture, frames };
  return { ...picture, frames, frameMs: nowMs, failed: "", tries: 0 };
}

/** @type {(picture: Picture, why: string) => Picture} */
export const fail = (picture, why) => ({ ...picture, failed: why });

/** @type {(picture: Picture, nowMs: number) => Picture} */
export const askAgain = (picture, nowMs) => ({ ...picture, askedMs: nowMs, failed: "", tries: picture.tries + 1 });

/** @type {(picture: Picture, nowMs: number) => boolean} */
export const isLive = (picture, nowMs) => picture.frameMs !== null && nowMs - picture.frameMs <= FROZEN_MS;

/** @type {(picture: Picture) => number} */
export const pauseMs = (picture) => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(picture.tries, 10));

// Whether to ask again now: after a failure once the pause is over, else once nothing has come for long.
/** @type {(picture: Picture, nowMs: number) => boolean} */
export function mustAskAgain(picture, nowMs) {
  const since = nowMs - picture.askedMs;
  if (picture.failed) return since >= pauseMs(picture);
  return since >= Math.max(ASK_AGAIN_MS, pauseMs(picture)) && nowMs - (picture.frameMs ?? -Infinity) >= ASK_AGAIN_MS;
}

// The words over a picture that is not live; '' where it is. `timeOf` tells a moment as the clock on the wall.
/** @type {(picture: Picture, nowMs: number, timeOf: (ms: number) => string) => string} */
export function pictureWords(picture, nowMs, timeOf) {
  if (isLive(picture, nowMs)) return "";
  const why = picture.failed ? `: ${picture.failed}` : "";
  return picture.frameMs === null ? `no picture yet${why}` : `no picture since ${timeOf(picture.frameMs)}${why}`;
}
