"""What a team wants to do, as frozen values: no file, no unit conversion, no geometry."""
