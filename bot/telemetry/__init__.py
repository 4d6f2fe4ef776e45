"""What an operator sees of a replica from outside: logs and health pages."""
