"""The web pages: plan, simulate, replay and live; served on this machine, nothing fetched from outside."""
