"""ArduPilot's own facts: commands, frames, modes, parameters by firmware, items as kept, storage."""
