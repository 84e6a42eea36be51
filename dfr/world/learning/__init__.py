"""What a force's own logs say: figures of a scenario, each with its uncertainty. Start with `learn`."""
