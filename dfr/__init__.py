"""dfr: a scenario goes in; a plan, its proof and a flight come out."""

__version__ = "0.2.0"
