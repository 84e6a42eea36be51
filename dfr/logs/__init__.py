"""What a flight log says, worked out from plain arrays: flights, phases, health.

Start from `dfr.logs.model`.
"""
