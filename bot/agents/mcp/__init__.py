"""Tools of MCP servers, behind policies: https://modelcontextprotocol.io/specification"""
