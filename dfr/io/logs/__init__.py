"""Readers of flight logs, one for each format. Start from `dfr.io.logs.files.read_log`."""
