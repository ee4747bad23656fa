"""python3 -m simulators.monday: serves a seeded account on loopback and prints where, one JSON object on a line."""

import argparse
import datetime
import gc
import json
import pathlib

from aiohttp import web

from .. import serve
from . import board_set, demonstration, seed, shapes
from .control import Control, plain_errors
from .endpoint import Endpoint
from .limits import PLANS
from .service import SIGNING_SECRET, Service
from .tokens import DEFAULT_TOKEN

LARGEST_BODY = 8 << 20


def arguments():
    parser = argparse.ArgumentParser(prog="simulators.monday", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--projects", type=int, default=2_000, help="0 leaves the account without boards")
    parser.add_argument("--today", type=datetime.date.fromisoformat, help="the newest enquiry's day (default: today)")
    parser.add_argument("--clean", action="store_true", help="no odd values, missing links or blank names")
    parser.add_argument("--plan", choices=PLANS, default="enterprise")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--clock-scale", type=float, default=1.0, help="simulated seconds in a real one")
    parser.add_argument("--signing-secret", default=SIGNING_SECRET)
    parser.add_argument("--shape", choices=shapes.SHAPES, help="an account of another shape, instead of --projects")
    parser.add_argument("--demonstration", action="store_true", help="a company with a past, instead of --projects")
    parser.add_argument("--until", type=float, help="when the company's activity ends, in Unix seconds (default: now)")
    parser.add_argument("--board-file", type=pathlib.Path, help="writes the board configuration there")
    return parser.parse_args()


def application(service):
    async def start(app):
        await service.deliveries.start()

    async def stop(app):
        await service.deliveries.stop()

    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[plain_errors])
    app.add_routes([web.post("/v2", Endpoint(service).handle), *Control(service).routes()])
    app.on_startup.append(start)
    app.on_cleanup.append(stop)
    return app


def main():
    asked = arguments()
    service = Service(scale=asked.clock_scale, plan=asked.plan, latency_ms=asked.latency_ms,
                      signing_secret=asked.signing_secret)
    if asked.demonstration:
        service.truths = demonstration.fill(service, asked.seed, asked.until)
    elif asked.shape:
        shapes.fill(service.account, asked.shape, asked.today)
    elif asked.projects:
        seed.fill(service.account, asked.seed, asked.projects, asked.today, dirty=not asked.clean)
    if asked.board_file:
        asked.board_file.write_text(json.dumps(board_set.board_file(service.account), indent=2) + "\n", encoding="utf-8")
    # What is there now stays: no need for the collector to look at it again.
    gc.collect()
    gc.freeze()
    serve.run(application(service), asked.port, "/v2", {"token": DEFAULT_TOKEN})


main()
