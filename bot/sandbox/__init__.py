"""Where code runs: one run's sandbox, opened, filled, packed, deleted."""
