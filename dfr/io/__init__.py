"""Files to values: scenarios and airspace."""
