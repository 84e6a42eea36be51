"""Rehearsals: dispatches and shifts of a plan, flown by vehicles and compared with their predictions."""
