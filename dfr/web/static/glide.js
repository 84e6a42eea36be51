// Dragging the map where the browser draws without a graphics card: the drawn picture is slid, and drawn anew
// when the hand rests (sharp) or its margin is used up (coarse). With a card MapLibre draws each frame itself.

export const MARGIN_PX = 128;
const USED_UP_PX = 112;
const RESTED_MS = 120;
const CLICK_PX = 3;
const COARSE = 0.5;

export function drawsInSoftware() {
  try {
    const gl = document.createElement("canvas").getContext("webgl2");
    const told = gl.getExtension("WEBGL_debug_renderer_info");
    const name = String(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    gl.getExtension("WEBGL_lose_context")?.loseContext();
    return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
  } catch {
    return false;
  }
}

export function glide(map) {
  const canvas = map.getCanvas();
  const picture = map.getCanvasContainer();
  const sharp = map.getPixelRatio();
  let held = null;
  let rest = null;
  let slid = false;

  // Draw anew where the picture was slid to: coarsely while the hand moves on, sharply when it rests.
  function draw(ratio) {
    clearTimeout(rest);
    if (!held) return;
    const { x, y, x0, y0 } = held;
    Object.assign(held, { x0: x, y0: y });
    if (map.getPixelRatio() !== ratio) map.setPixelRatio(ratio);
    if (x !== x0 || y !== y0) map.panBy([x0 - x, y0 - y], { animate: false });
    map.redraw();
    picture.style.transform = "";
  }

  function move(event) {
    Object.assign(held, { x: event.clientX, y: event.clientY });
    const by = [held.x - held.x0, held.y - held.y0];
    slid ||= Math.hypot(...by) > CLICK_PX;
    if (!slid) return;
    picture.style.transform = `translate(${by[0]}px, ${by[1]}px)`;
    clearTimeout(rest);
    if (Math.max(Math.abs(by[0]), Math.abs(by[1])) > USED_UP_PX) draw(COARSE * sharp);
    rest = setTimeout(draw, RESTED_MS, sharp);
  }

  function end() {
    if (slid) draw(sharp);
    held = null;
    canvas.removeEventListener("pointermove", move);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button !== 0 || event.shiftKey || event.ctrlKey) return;
    slid = false;
    held = { x: event.clientX, y: event.clientY, x0: event.clientX, y0: event.clientY };
    canvas.setPointerCapture(event.pointerId);
    canvas.addEventListener("pointermove", move);
  });
  canvas.addEventListener("mousedown", (event) => held && event.stopPropagation());
  canvas.addEventListener("click", (event) => slid && event.stopPropagation());
  canvas.addEventListener("wheel", () => held && draw(sharp), { capture: true, passive: true });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(kind, end);
}
