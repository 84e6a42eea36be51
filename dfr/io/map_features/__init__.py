"""Features of a map from outside: areas, lines and points with names, from each format one type."""
