"""Names concrete classes; starts and ends a replica."""
