"""Incidents as the systems of control rooms send them (CAD), each format read into one `IncidentReport`."""
