"""Vehicles to fly against: a built-in ArduCopter-compatible one, or a real ArduCopter SITL."""
