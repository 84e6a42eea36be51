"""Key figures with intervals, computed from event records alone."""
