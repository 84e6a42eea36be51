"""The fuzzer is a script with limits of its own process: its test runs it, nobody imports it."""

collect_ignore = ["airspace_fuzzer.py"]
