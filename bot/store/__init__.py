"""What we keep in Redis, sealed."""
