"""The web faces: plan, simulate, replay and live, on this machine and with nothing from outside."""
