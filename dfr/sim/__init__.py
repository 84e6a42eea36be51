"""A discrete-event simulation of calls, crews, drones and docks."""
