"""The run in the sections of STRESS-DES (Monks et al. 2019), filled in by the run itself.

So that somebody else can judge it, and do it again: objectives, logic, data, experimentation,
implementation, code access.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dfr.metrics.kpi import Summary
from dfr.sim.build import ASSUMED
from dfr.sim.inputs import SimInputs
from dfr.sim.randomness import CONSTANT, Spread
from dfr.statistics import Z90

Section = dict[str, str]


def stress(inputs: SimInputs, summary: Summary, manifest: Mapping[str, Any]) -> dict[str, Section]:
    """The sections by number and name, each with its items."""
    return {
        "1 Objectives": _objectives_section(summary),
        "2 Logic": _logic_section(inputs),
        "3 Data": _data_section(inputs, manifest),
        "4 Experimentation": _experimentation_section(inputs, summary, manifest),
        "5 Implementation": _implementation_section(manifest),
        "6 Code access": {
            "6.1 Computer model sharing": f"dfr {manifest['versions']['dfr']}, MIT licence. "
            "`dfr simulate` with this scenario, seed and number of replications writes the same bytes."
        },
    }


def stress_markdown(sections: Mapping[str, Section]) -> str:
    """The sections as Markdown."""
    lines = ["# STRESS-DES", "", "Filled in by the run itself, in the order of Monks et al. (2019).", ""]
    for title, items in sections.items():
        lines += [f"## {title}", "", *(f"- **{name}.** {text}" for name, text in items.items()), ""]
    return "\n".join(lines)


def _objectives_section(summary: Summary) -> Section:
    outputs = "; ".join(f"`{kpi.name}` ({kpi.unit}): {kpi.what}" for kpi in summary.kpis.values())
    return {
        "1.1 Purpose": f"How the drone deployment {summary.scenario!r} would answer calls: response times, "
        "missed calls with their reasons, and the use of drones, docks and people.",
        "1.2 Outputs": outputs,
        "1.3 Aims of experimentation": "To estimate the outputs of one deployment with their uncertainty. "
        "`dfr compare` and `dfr sweep` compare deployments in pairs, on the same calls.",
    }


def _logic_section(inputs: SimInputs) -> Section:
    drones = sum(dock.drones for dock in inputs.docks)
    rules = ", ".join(f"{traffic.id} ({traffic.rule})" for traffic in inputs.traffic) or "none"
    failures = (
        ", ".join(
            f"each {rate.part} after {rate.between.mean_s / 3600:g} h on average, "
            f"for {rate.repair.mean_s / 3600:g} h"
            for rate in inputs.failures
        )
        or "none"
    )
    return {
        "2.1 Overview": "call -> decision -> queue -> launch -> flight -> overhead -> video; then on scene "
        "-> flight home -> landing attempts -> charge -> ready",
        "2.2 Base logic": "Calls wait in order of priority, then of decision, until their patience ends. The "
        "drone that is overhead soonest goes, if its energy, the weather and the crew's shift let it return.",
        "2.3 Scenario logic": f"Other traffic: {rules}. Dispatch: {inputs.dispatch_name}. "
        f"Failures: {failures}. "
        f"Continuous overwatch by relief drones: {'yes' if inputs.overwatch else 'no'}. "
        f"{_moves_sentence(inputs)} {_policing_sentence(inputs)}",
        "2.4 Algorithms": "Calls are a Poisson process whose rate changes by the hour (thinning, Lewis & "
        "Shedler 1979), times a gamma factor for each replication. The flight model gives flight times, and "
        "the landing model the probabilities of landings, in each hour's wind.",
        "2.5.1 Entities": "Calls; visits of other traffic.",
        "2.5.2 Activities": "Decision, launch, climb, flight out, stay, flight back, landing, recovery and "
        "charge.",
        "2.5.3 Resources": f"{len(inputs.docks)} docks with {drones} drones "
        f"({', '.join(f'{dock.id}: {dock.drones}' for dock in inputs.docks)}); crew by {len(inputs.duties)} "
        "shifts.",
        "2.5.4 Queues": "One queue of calls, by priority. A call leaves it unserved when its patience ends.",
        "2.5.5 Entry and exit": "Every call ends exactly once: the drone is first on scene, or attends after "
        "officers, or the call is missed for a recorded reason.",
    }


def _policing_sentence(inputs: SimInputs) -> str:
    """Which policing policies are on."""
    on = ", ".join(inputs.policing.list_on()) or "none"
    return f"Policing policies: {on}."


def _moves_sentence(inputs: SimInputs) -> str:
    """Whether drones are moved between docks, and where they have room."""
    room = ", ".join(f"{dock.spare} at {dock.id}" for dock in inputs.docks if dock.spare)
    if not inputs.move_up:
        return "No drone is moved to another dock."
    free = f"free slots at the start: {room}" if room else "every dock is full, so none is moved"
    return f"Ready drones are moved to other docks where that covers more demand ({free})."


def _data_section(inputs: SimInputs, manifest: Mapping[str, Any]) -> Section:
    traced = manifest.get("traced_calls")
    hours = len(inputs.rates_per_s)
    spreads = {
        "decision": inputs.decision,
        "launch": inputs.launch,
        "video": inputs.video,
        "ground mobilisation": inputs.ground_mobilisation,
        **{f"patience of {grade.id}": grade.patience for grade in inputs.grades},
        **{f"on scene for {grade.id}": grade.on_scene for grade in inputs.grades},
        "recovery": inputs.recovery,
    }
    expected = sum(
        rate * (b - a)
        for rate, a, b in zip(
            inputs.rates_per_s, inputs.hour_edges_s[:-1], inputs.hour_edges_s[1:], strict=True
        )
    )
    calls = (
        f"{expected:.1f} calls expected over {hours} hours, rate uncertain by {inputs.rate_cv:.0%}"
        if traced is None
        else f"{traced} calls of a log; what it does not state is sampled"
    )
    return {
        "3.1 Data sources": f"Scenario file, SHA-256 {manifest['scenario_sha256']}; its sources and "
        "assumptions are listed in it and in the report.",
        "3.2 Pre-processing": "dfr turns scenario and plan into plain inputs, SHA-256 "
        f"{manifest['inputs_sha256']}.",
        "3.3 Input parameters": f"{calls}; " + "; ".join(_spread_words(*item) for item in spreads.items()),
        "3.4 Assumptions": "; ".join(f"{a.path} = {a.value}: {a.source}" for a in ASSUMED),
    }


def _experimentation_section(inputs: SimInputs, summary: Summary, manifest: Mapping[str, Any]) -> Section:
    return {
        "4.1 Initialisation": "A terminating simulation without warm-up. It starts with every drone charged "
        "in its dock and nobody waiting.",
        "4.2 Run length": f"{inputs.horizon_s:g} s ({summary.time.days:.2f} days). Calls that are still open "
        "then are closed with an outcome that says so.",
        "4.3 Estimation": f"{summary.replications} independent replications, the unit of every interval: "
        "95 %, by the jackknife with Hall's correction for skewness for means, by Wilson with the effective "
        "size for shares, by Woodruff for quantiles.",
        "4.4 Docks": ", ".join(manifest["sites"]),
    }


def _implementation_section(manifest: Mapping[str, Any]) -> Section:
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    return {
        "5.1 Software": versions,
        "5.2 Random sampling": f"Philox streams keyed by seed {manifest['seed']}, replication and name; "
        "every layout gets the same calls.",
        "5.3 Model execution": "Discrete-event simulation (SimPy). Results do not depend on the number of "
        "processes.",
        "5.4 System": "Results do not depend on the machine.",
    }


def _spread_words(name: str, spread: Spread) -> str:
    if spread.kind == CONSTANT:
        return f"{name}: {spread.median_s:g} s"
    p90 = spread.median_s * math.exp(spread.sigma * Z90)
    tail = f", p90 {p90:.0f} s" if spread.sigma else ""
    return f"{name}: {spread.kind}, median {spread.median_s:.0f} s{tail}"
