"""`python -m dfr` is `dfr`."""

from dfr.cli.main import run

run()
