"""ArduPilot's own facts: the parameters, in the names and units of each firmware."""
