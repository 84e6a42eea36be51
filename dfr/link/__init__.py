"""MAVLink: verified transfer, preflight, and the flight director."""
