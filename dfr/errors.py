"""The error tree: what went wrong, where, by how much, and what to do next.

    DfrError                    1
    ├── InputError              2   a file, flag or value that cannot be used
    │   ├── ScenarioError           every problem of a scenario file at once
    │   ├── AirspaceError           an airspace file that cannot be read at all
    │   └── MissionFileError        a mission file that cannot be read whole
    ├── NonCompliantError       3   the plan breaks a rule, or a rule cannot be checked
    ├── InfeasibleError         4   no plan satisfies what was asked
    ├── LinkError               5   the vehicle or the link to it failed
    │   ├── VehicleStartError       a SITL vehicle did not start
    │   ├── LinkTimeoutError        nothing was heard in time
    │   ├── VehicleRefusedError     the vehicle said no
    │   └── TransferError           a plan did not arrive whole: the vehicle's plan is unknown
    ├── ClusterLostError        6   the scheduler of a cluster was lost; the message says what is kept
    └── StoppedError          130   a person pressed Ctrl-C; the message says what is kept

The number is the exit code of the command line. What a *plan* violates is a
`dfr.findings.Finding`, not an exception.
"""

from __future__ import annotations

from dataclasses import dataclass


class DfrError(Exception):
    """Anything `dfr` can explain: `what` went wrong and what to `do` next, '' where nothing can be advised.

    `code` is stable, `exit_code` is that of the process.

    >>> str(DfrError("no dock fits", do="raise the budget"))
    'no dock fits -> raise the budget'
    """

    code = "dfr"
    exit_code = 1

    def __init__(self, what: str, *, do: str = "") -> None:
        super().__init__(f"{what} -> {do}" if do else what)
        self.what, self.do = what, do


class InputError(DfrError):
    """A file, flag or value that cannot be used."""

    code = "input"
    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with an input file: `file:line: path: what -> what to do`."""

    file: str
    line: int | None
    path: str
    what: str
    do: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        path = f" {self.path}:" if self.path else ""
        return f"{where}:{path} {self.what} -> {self.do}"


class ScenarioError(InputError):
    """A scenario that cannot be used; `problems` lists all that is wrong with it."""

    code = "scenario"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class AirspaceError(InputError):
    """An airspace file that cannot be read at all."""

    code = "airspace"


class MissionFileError(InputError):
    """A mission file that cannot be read whole; the message names the item."""

    code = "mission-file"


class NonCompliantError(DfrError):
    """A plan that breaks a rule, or for which a rule could not be checked."""

    code = "non-compliant"
    exit_code = 3


class InfeasibleError(DfrError):
    """No plan satisfies what was asked; the message says what would."""

    code = "infeasible"
    exit_code = 4


class LinkError(DfrError):
    """The vehicle, or the link to it, failed."""

    code = "link"
    exit_code = 5


class VehicleStartError(LinkError):
    """A SITL vehicle did not start; the message carries the end of its output."""

    code = "vehicle-start"


class LinkTimeoutError(LinkError):
    """Nothing, or not what was waited for, was heard in time."""

    code = "link-timeout"


class VehicleRefusedError(LinkError):
    """The vehicle answered no: the message carries its reason."""

    code = "vehicle-refused"


class TransferError(LinkError):
    """A mission, fence or rally list did not arrive whole: the vehicle's plan is unknown."""

    code = "transfer"


class ClusterLostError(DfrError):
    """The scheduler of a cluster cannot be reached any more; what had finished is kept."""

    code = "cluster"
    exit_code = 6


class StoppedError(DfrError):
    """A person ended it by Ctrl-C; the message says what is kept and how to go on."""

    code = "interrupted"
    exit_code = 130
