// @ts-check
// Coordinates, lengths and areas in words.

export const decimal = ([lon, lat]) => `${lat.toFixed(6)}, ${lon.toFixed(6)}`;

function angle(value, letters) {
  const tenths = Math.round(Math.abs(value) * 36_000);
  const [degrees, minutes, seconds] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  return `${degrees}°${String(minutes).padStart(2, "0")}'${seconds.toFixed(1).padStart(4, "0")}"${letters[value < 0 ? 1 : 0]}`;
}

// Degrees, minutes and seconds, to a tenth of a second: about 3 m.
export const sexagesimal = ([lon, lat]) => `${angle(lat, "NS")} ${angle(lon, "EW")}`;

const grouped = (value) => Math.round(value).toLocaleString("en-GB");

export const metres = (value) => (value < 100 ? `${value.toFixed(1)} m` : value < 10_000 ? `${grouped(value)} m` : `${(value / 1000).toFixed(2)} km`);

export const squareMetres = (value) => (value < 1e6 ? `${grouped(value)} m²` : `${(value / 1e6).toFixed(2)} km²`);

// A name as an id: lower-case words with hyphens that none of `taken` has.
export function idFor(name, taken) {
  const stem = name.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 36) || "area";
  if (!taken.has(stem)) return stem;
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}
