"""A live shift: the simulation's dispatcher over vehicles, in real time, with people who decide."""
