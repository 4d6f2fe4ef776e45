"""What happens to one event of one thread."""
