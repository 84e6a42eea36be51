"""A dispatch as ArduCopter mission, fence, rally points and parameters; pure."""
