"""A web server of the devkit: on this machine only, on a free port."""

from __future__ import annotations

from aiohttp import web


class Server:
    """Starts and stops one aiohttp application on 127.0.0.1."""

    def __init__(self, app: web.Application) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        self._port = 0

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 is a free one. Raises `OSError` if the port is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self._port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close every connection."""
        await self._runner.cleanup()

    @property
    def address(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"
