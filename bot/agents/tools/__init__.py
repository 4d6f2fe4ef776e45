"""Tools of the agents, and what puts people before them."""
