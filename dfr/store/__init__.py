"""Runs on disk: records, key figures, manifests, flights, sweeps; and the cache of landing odds."""
