"""Who makes sandboxes, as the settings say. Only what they name is loaded: the clients of the others take megabytes."""

from __future__ import annotations

import aiohttp

from bot.sandbox.backend import GRACE
from bot.sandbox.host import Host
from bot.settings.config import Settings


def sandbox_host(settings: Settings, http: aiohttp.ClientSession) -> Host | None:
    """Who makes sandboxes; None where there are none."""
    match settings.sandbox_backend:
        case "none":
            return None
        case "docker":
            from bot.sandbox.docker import Docker

            return Docker(
                url=settings.sandbox_url,
                image=settings.sandbox_image,
                lifetime=settings.sandbox_limits.run + GRACE,
                largest=settings.sandbox_limits.kept,
            )
        case "local" | "cloudflare":
            from bot.sandbox.bridge import Bridge

            key = settings.sandbox_api_key.get_secret_value()
            return Bridge(
                http,
                url=settings.sandbox_url,
                api_key=key,
                bucket=settings.sandbox_bucket,
                largest=settings.sandbox_limits.kept,
            )
