"""A bounded attack on the whole bot: real processes, a real Redis, seeded faults, checks from the outside."""
