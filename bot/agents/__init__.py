"""The SDK, and nothing else that knows it: teams, tools and their policies, models."""

from typing import Final

from bot.agents.deferred_packages import defer

#: The SDK imports one exception of it, and with the package come its servers, starlette and uvicorn: a fifth of the
#: memory and of the time to start. A bot with MCP servers loads it when its mcp.toml is read, at start.
_FOR_MCP_SERVERS: Final = "mcp"

defer(_FOR_MCP_SERVERS)
