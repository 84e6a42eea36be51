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

export interface ChecklistStep {
  id: string;
  title: string;
  state: string;
  findings: Record<string, any>[];
  words: string[];
  facts: Record<string, any>[];
}

export interface Coordinates {
  lat_deg: number;
  lon_deg: number;
  grid: string;
}

export interface Difference {
  name: string;
  unit: string;
  what: string;
  first: number | null;
  second: number | null;
  difference: number | null;
  low: number | null;
  high: number | null;
  clear: boolean;
  clear_among_all: boolean;
  first_p50: number | null;
  second_p50: number | null;
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

export interface Figure {
  name: string;
  unit: string;
  what: string;
  mean: number | null;
  p50: number | null;
  p90: number | null;
  low: number | null;
  high: number | null;
  n: number;
  percentiles_of: "observations" | "replications";
  p50_low: number | null;
  p50_high: number | null;
  p90_low: number | null;
  p90_high: number | null;
}

export interface Finding {
  rule: string;
  severity: "ok" | "advice" | "unknown" | "violation";
  message: string;
  basis: string;
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
  mean_s: number | null;
  worst_s: number | null;
  flyable: boolean;
  limited_by: string;
}

export interface HourAreas {
  hour: string;
  areas: FeatureCollection;
}

export interface HourTimes {
  hour: string;
  flyable: boolean;
  limited_by: string;
  wind_mps: number;
  wind_from_deg: number;
  gust_mps: number;
  gust_estimated: boolean;
  rain_mm_h: number | null;
  margin_mps: number | null;
  calls: number;
  share: number;
  mean_s: number | null;
  worst_s: number | null;
  zones: Record<string, number | null>;
  calls_by_zone: Record<string, number>;
  from: Record<string, string | null>;
}

export interface Layout {
  docks: number;
  share: number;
}

export interface Photo {
  corners: [[number, number], [number, number], [number, number], [number, number]];
  note: string;
}

export interface Place {
  lat_deg: number;
  lon_deg: number;
}

export interface PlaceLayers {
  base: FeatureCollection;
  airspace: FeatureCollection;
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
  coverage: [number, number, number][];
  limit_s: number;
  objective: number;
  layouts: Layout[];
  profiles: RouteProfile[];
  checklist: ChecklistStep[];
  wind: Wind | null;
  period: [string, string];
  assumed_weather: boolean;
  ceiling_m: number;
  hours: Hour[];
  verdict: Verdict;
  findings: Finding[];
  counted: string;
}

export interface Profile {
  along_m: number[];
  ground_m_amsl: (number | null)[];
  lowest_m_agl: (number | null)[];
  highest_m_agl: (number | null)[];
}

export interface Progress {
  running: boolean;
  done: number;
  total: number;
  error: string;
}

export interface Replays {
  runs: Record<string, any>[];
  flights: string[];
}

export interface RouteProfile {
  site: string;
  zone: string;
  profile: Profile | null;
}

export interface Run {
  number: number;
  label: string;
  state: string;
  sites: string;
  scenario: string;
  seed: number;
  replications: number;
  time: Record<string, number>;
  missed: Record<string, number>;
  docks: Record<string, Record<string, number>>;
  kpis: Figure[];
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
  hour: string;
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

export interface Answers {
  "api/about": About;
  "api/base": BaseAnswer;
  "api/place": PlaceLayers;
  "api/plan": PlanAnswer;
  "api/plan/hours": HourTimes[];
  "api/plan/isochrones": HourAreas[];
  "api/runs": Run[];
  "api/replay": Replays;
}
