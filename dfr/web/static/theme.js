// @ts-check
// Light, dark (as the system asks, or as the user chose) and high contrast; kept for the next visit.
// What the page's style sheet does not reach, such as the map, listens for "theme" on the document.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const strong = matchMedia("(prefers-contrast: more)");

function kept(/** @type {string} */ name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(/** @type {string} */ name, /** @type {string} */ value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser without storage asks the system again next time.
  }
}

export const isDark = () => root.dataset.theme === "dark";
export const isStrong = () => root.dataset.contrast === "high";

// Runs `paint` now and after every change.
export function onTheme(/** @type {() => void} */ paint) {
  document.addEventListener("theme", paint);
  paint();
}

function apply() {
  root.dataset.theme = kept("theme") ?? (dark.matches ? "dark" : "light");
  root.dataset.contrast = (kept("contrast") ?? (strong.matches ? "high" : "normal"));
  document.getElementById("theme")?.setAttribute("aria-pressed", String(isDark()));
  document.getElementById("contrast")?.setAttribute("aria-pressed", String(isStrong()));
  document.dispatchEvent(new Event("theme"));
}

export function beginTheme() {
  document.getElementById("theme")?.addEventListener("click", () => (keep("theme", isDark() ? "light" : "dark"), apply()));
  document.getElementById("contrast")?.addEventListener("click", () => (keep("contrast", isStrong() ? "normal" : "high"), apply()));
  for (const query of [dark, strong]) query.addEventListener("change", apply);
  apply();
}
