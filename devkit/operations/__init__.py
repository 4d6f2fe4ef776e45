"""A small MCP server of services that can be restarted and scaled: what the operations team works on in demo and tests."""
