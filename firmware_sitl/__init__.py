"""Vehicles to fly against: a built-in ArduCopter-compatible one, or a real ArduCopter SITL."""

BUILTIN_VERSION = "dfr built-in vehicle, not ArduPilot"
