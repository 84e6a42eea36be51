"""Files to values: scenarios, airspace, weather, terrain, call logs and plans."""
