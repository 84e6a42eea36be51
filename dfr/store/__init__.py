"""Runs on disk: records, key figures and a manifest."""
