"""Fixtures that give anyone's tests a simulated vehicle."""
