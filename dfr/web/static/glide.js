// @ts-check
// Dragging the map in a browser without a graphics card: the picture is shifted, and drawn again when the
// pointer rests (sharp) or the margin is used up (coarse). With a card, MapLibre draws each frame itself.

export const MARGIN_PX = 240;
const USED_UP_PX = 224;
const RESTED_MS = 120;
const CLICK_PX = 3;
export const COARSE = 0.35;

// Draw at the full sharpness of the screen; gives a promise of when that is done.
export function sharpen(map) {
  map.setPixelRatio(devicePixelRatio);
  return map.once("render");
}

// What draws WebGL 2 in this browser, or null where nothing does.
export function rendererName() {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (gl === null) return null;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}

export const drawsInSoftware = (renderer) => /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);

export function glide(map) {
  const canvas = map.getCanvas();
  const picture = map.getCanvasContainer();
  const sharp = devicePixelRatio;
  /** @type {any} */
  let held = null; // The last position of the pointer while it holds the map.
  let slid = [0, 0]; // How far the picture is shifted from where it was drawn.
  let far = 0; // How far the pointer has moved since it took hold; a short way is a click.
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rest;

  // Draw again where the picture was shifted to: coarsely while the pointer moves, sharply when it rests.
  function draw(ratio) {
    clearTimeout(rest);
    const [x, y] = slid;
    slid = [0, 0];
    if (map.getPixelRatio() !== ratio) map.setPixelRatio(ratio);
    map.panBy([-x, -y], { animate: false });
    map.redraw();
    picture.style.transform = "";
  }

  function move(event) {
    const by = [event.clientX - held[0], event.clientY - held[1]];
    held = [event.clientX, event.clientY];
    far += Math.hypot(...by);
    slid = [slid[0] + by[0], slid[1] + by[1]];
    if (far <= CLICK_PX) return;
    picture.style.transform = `translate(${slid[0]}px, ${slid[1]}px)`;
    clearTimeout(rest);
    if (Math.max(...slid.map(Math.abs)) > USED_UP_PX) draw(COARSE * sharp);
    rest = setTimeout(draw, RESTED_MS, sharp);
  }

  function end() {
    held = null;
    canvas.removeEventListener("pointermove", move);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button !== 0 || event.shiftKey || event.ctrlKey) return;
    held = [event.clientX, event.clientY];
    far = 0;
    canvas.setPointerCapture(event.pointerId);
    canvas.addEventListener("pointermove", move);
  });
  canvas.addEventListener("mousedown", (event) => held && event.stopPropagation());
  canvas.addEventListener("click", (event) => far > CLICK_PX && event.stopPropagation());
  canvas.addEventListener("wheel", () => slid.some(Boolean) && draw(sharp), { capture: true, passive: true });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(kind, end);
}
