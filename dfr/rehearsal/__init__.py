"""Dispatches and shifts of a plan flown by vehicles, each beside its prediction."""
