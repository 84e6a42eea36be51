// How the pages' scripts are linted: `npm ci`, then `npm run lint` (or `make check-js`).
import js from "@eslint/js";
import globals from "globals";

const rules = {
  ...js.configs.recommended.rules,
  eqeqeq: ["error", "always", { null: "ignore" }],
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-unused-vars": ["error", { ignoreRestSiblings: true, argsIgnorePattern: "^_" }],
  "no-var": "error",
  "prefer-const": "error",
  // The pages hold names that others wrote: these are text, never markup.
  "no-restricted-properties": ["error", ...["innerHTML", "outerHTML"].map((property) => ({ property, message: "Use textContent or element()." }))],
};

export default [
  { ignores: ["**/maplibre-gl-csp*.js", "**/pmtiles.js", "**/*.d.ts"] },
  { files: ["dfr/web/static/*.js"], languageOptions: { globals: globals.browser }, rules },
  { files: ["tests/js/*.mjs"], languageOptions: { globals: globals.node }, rules },
];
