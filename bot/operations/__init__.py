"""The command, and what an operator asks."""
