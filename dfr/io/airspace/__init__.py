"""Airspace files in and out: a reader for each format, NOTAM texts, the writers, and what lint says.

`files.read_airspace` reads a file of any format; `convert.convert_files` writes one.
"""
