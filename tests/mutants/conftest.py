"""The runner needs packages that nothing else does: where they are missing there is nothing to collect."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("mutmut") and find_spec("coverage") else ["*.py"]
