"""Runs an application on loopback until it is told to stop, and says where."""

import asyncio
import json
import signal

from aiohttp import web

LOOPBACK = "127.0.0.1"


def run(application, port, path, more=None):
    """Prints {"url": ..., "control": ..., ...} once it listens; SIGTERM and SIGINT end it."""
    asyncio.run(_serve(application, port, path, more or {}))


async def _serve(application, port, path, more):
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, port, shutdown_timeout=0.2)
    await site.start()
    bound = runner.addresses[0][1]
    origin = f"http://{LOOPBACK}:{bound}"
    print(json.dumps({"url": origin + path, "control": f"{origin}/_sim", **more}), flush=True)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await runner.cleanup()
