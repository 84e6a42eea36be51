"""What a drone and its dock can do: times, energy, landing."""
