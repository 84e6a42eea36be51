"""The place and the time: airspace, wind, weather, traffic, demand, ground."""
