"""A scenario with an uncertain figure changed (`WhatIf`): its file, its wind, or its drone, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dfr.aircraft.catalogue import STATUSES, drone_of
from dfr.aircraft.energy import figure_of_merit
from dfr.errors import InputError
from dfr.io.files import read_bounded
from dfr.io.own_drone_files import bounds_of
from dfr.io.scenario_edit import read_plain_data
from dfr.io.scenario_files import DayFiles, load_world, parse_scenario, rebuild_world
from dfr.io.yaml_edit import edit_yaml
from dfr.io.yaml_reader import MAX_BYTES
from dfr.scenario.changes import Put
from dfr.scenario.own_drone import OwnDrone, OwnFigure
from dfr.scenario.uncertain import Lever, UncertainFigure, uncertain_figures
from dfr.sim.factors import Variant, varied_world
from dfr.world.model import World

WIND = "wind"
DRONE = "drone."

FIRM = frozenset({STATUSES["S"], STATUSES["derived"], STATUSES["unknown"]})
"""A drone's figures of these statuses are varied only where somebody asks for it."""


POWER = frozenset({"efficiency", "hover_power_w", "hover_min", "flight_min"})
"""Figures of a drone that tell its power; `efficiency` counts before the others."""


class WhatIf:
    """A scenario file, and its worlds with one figure changed. Raises ScenarioError where it is not sound."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = read_bounded(path, limit_bytes=MAX_BYTES).decode("utf-8-sig")
        self.world = load_world(path)
        self._figures = {figure.path: figure for figure in uncertain_figures(read_plain_data(self._text))}

    def levers(self) -> tuple[Lever, ...]:
        """Everything that can be changed: figures of the file, the wind, and the drone's figures."""
        return (*map(_of_file, self._figures.values()), *self._of_wind(), *self._of_drone())

    def with_figure(self, name: str, value: float) -> World:
        """The world in which a figure has another value, and all else is as it was.

        Raises InputError for an unknown figure, ScenarioError for a value that the scenario refuses.
        """
        if name == WIND:
            if value < 0.0:
                raise InputError(f"wind: {value:g} is no factor of a wind", do="give 0 or more")
            return varied_world(self.world, Variant(wind_scale=value))
        if name.startswith(DRONE):
            return self._with_drone(name.removeprefix(DRONE), value)
        if name not in self._figures:
            raise InputError(
                f"no figure {name!r} can be changed", do="`dfr sensitivity --list` names them all"
            )
        changes = [Put(path=number.loc, value=number.value) for number in self._figures[name].at(value)]
        text = edit_yaml(self._text, changes)
        scenario = parse_scenario(text.encode(), name=str(self._path), folder=self._path.parent)
        return rebuild_world(self.world, scenario, DayFiles())

    def _of_wind(self) -> Iterator[Lever]:
        weather = self.world.scenario.weather
        if weather.hours:
            yield Lever(
                name=WIND,
                value=1.0,
                assumed=True,
                source="every hour's mean wind and gust, times this factor",
                least=0.0,
            )

    def _of_drone(self) -> Iterator[Lever]:
        fleet = self.world.scenario.fleet
        own = {} if fleet.own_drone is None else {each.field: each for each in fleet.own_drone.figures}
        for name, figure in drone_of(fleet).figures().items():
            if figure.value is None or name == "rotors":
                continue
            measured, (least, most) = own.get(name), bounds_of(name)
            yield Lever(
                name=DRONE + name,
                value=figure.value,
                assumed=figure.source_status not in FIRM,
                source=f"{figure.unit}; {figure.source_status}",
                low=None if measured is None else measured.low,
                high=None if measured is None else measured.high,
                least=least,
                most=most,
                scalable=figure.value != 0.0 and not name.endswith("temperature_c"),
            )

    def _with_drone(self, field: str, value: float) -> World:
        least, most = bounds_of(field)
        if not least <= value <= most:
            raise InputError(f"{value:g} is no {field} of a multirotor", do=f"give {least:g} to {most:.15g}")
        scenario = self.world.scenario
        fleet = scenario.fleet
        base = fleet.own_drone or OwnDrone(
            key=fleet.drone, name=fleet.drone, based_on=fleet.drone, figures=()
        )
        changed = {field: value}
        if field not in POWER:
            # Endurance follows from battery, mass and rotors, not power from the endurance that is stated.
            changed["efficiency"] = figure_of_merit(drone_of(fleet))
        rest = tuple(figure for figure in base.figures if figure.field not in changed)
        varied = (
            OwnFigure(field=name, value=number, measured=False, source="varied")
            for name, number in changed.items()
        )
        own = replace(base, figures=(*rest, *varied))
        return replace(self.world, scenario=replace(scenario, fleet=replace(fleet, own_drone=own)))


def _of_file(figure: UncertainFigure) -> Lever:
    return Lever(
        name=figure.path,
        value=figure.value,
        assumed=figure.assumed,
        source=figure.source,
        least=figure.numbers[0].least,
        most=figure.numbers[0].most,
        scalable=figure.has_natural_zero,
    )
