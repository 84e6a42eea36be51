"""Reads and writes airspace files: a reader for each format, NOTAM texts, writers, and lint.

`files.read_airspace` reads a file of any format; `convert.convert_files` writes one.
"""
