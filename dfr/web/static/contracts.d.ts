// Written by docs/contracts.py from the models in dfr/web/contracts.py; do not edit.

export interface About {
  title: string;
  exercise: boolean;
  plan: boolean;
  basemap: boolean;
  tiles: Tiles | null;
  live: boolean;
  allow_control: boolean;
}

export interface BaseAnswer {
  version: number;
  photo: Photo | null;
  pinned: boolean;
  problem: string;
}

export interface Dock {
  id: string;
  reaches: number;
  why: string;
}

export interface DrawnFeature {
  kind: string;
  id: string;
  name: string;
  path: (string | number)[];
  fields: Record<string, any>;
  geometry: Record<string, any>;
}

export interface Feature {
  type: "Feature";
  properties: Record<string, any>;
  geometry: Record<string, any>;
}

export interface FeatureCollection {
  type: "FeatureCollection";
  features: Feature[];
  note: string;
}

export interface Finding {
  rule: string;
  severity: "ok" | "advice" | "unknown" | "violation";
  message: string;
  source: string;
  place: Place | null;
  margin_m: number | null;
  fix: string;
}

export interface Hour {
  hour: string;
  wind_mps: number;
  wind_from_deg: number;
  share: number;
  flyable: boolean;
  limited_by: string;
}

export interface HourTimes {
  hour: string;
  flyable: boolean;
  limited_by: string;
  zones: Record<string, number | null>;
}

export interface Photo {
  corners: [[number, number], [number, number], [number, number], [number, number]];
  note: string;
}

export interface Place {
  lat_deg: number;
  lon_deg: number;
}

export interface PlanAnswer {
  state: string;
  version: number;
  can_undo: boolean;
  can_redo: boolean;
  undo: string;
  redo: string;
  changed: boolean;
  why_not_saved: string;
  draft: string;
  features: DrawnFeature[];
  layers: Record<string, FeatureCollection>;
  centre: [number, number];
  boundary: [number, number][];
  docks: Dock[];
  zones: Zone[];
  mean_s: [number | null, number | null];
  wind: Wind | null;
  assumed_weather: boolean;
  ceiling_m: number;
  hours: Hour[];
  verdict: Verdict;
  findings: Finding[];
  counted: string;
}

export interface Progress {
  running: boolean;
  done: number;
  total: number;
  error: string;
}

export interface Standing {
  state: string;
  version: number;
  verdict: "GO" | "NO GO" | "UNKNOWN";
  headline: string;
  data: string[];
  base: number;
}

export interface Tiles {
  url: string;
  attribution: string;
  vector: boolean;
}

export interface Verdict {
  verdict: "GO" | "NO GO" | "UNKNOWN";
  headline: string;
  lines: string[];
  stage: "plan" | "day";
  exercise: boolean;
  flyable_hours: number;
  planned_hours: number;
  violations: number;
  missing: string[];
  valid_until: string | null;
  valid_because: string;
}

export interface Wind {
  mps: number;
  from_deg: number;
}

export interface Zone {
  id: string;
  name: string;
  share: number;
  overhead_s: number | null;
  before_s: number | null;
}
