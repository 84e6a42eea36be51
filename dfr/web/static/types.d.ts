// What the scripts share and no answer holds: an element of a page, and libraries that are no modules.

/** An element found by its id: which kind it is, only its page says. */
export type PageElement = HTMLInputElement &
  Pick<HTMLSelectElement, "options" | "selectedOptions" | "selectedIndex"> &
  Pick<HTMLDialogElement, "open" | "showModal" | "close"> &
  Pick<HTMLTableElement, "tBodies">;

declare global {
  const maplibregl: any;
  const pmtiles: any;
  interface Window {
    dfrMap: any;
  }
}
