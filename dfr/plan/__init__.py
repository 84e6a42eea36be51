"""Where the docks stand, how the drones fly, and whether that is allowed."""
