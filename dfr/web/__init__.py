"""The map, replay and live view."""
