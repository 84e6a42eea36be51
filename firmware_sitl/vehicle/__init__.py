"""The built-in vehicle: an ArduCopter-compatible multicopter in Python. It is not ArduPilot."""
