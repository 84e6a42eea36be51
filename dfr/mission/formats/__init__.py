"""Mission files, encoded and decoded without loss or refused by name."""
