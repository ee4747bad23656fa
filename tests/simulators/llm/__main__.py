"""python3 -m simulators.llm: serves simulated language models on loopback and prints where, one JSON object on a line."""

import argparse

from aiohttp import web

from .. import serve
from . import anthropic, gemini, openai_chat, openai_responses
from .control import Control
from .endpoint import DEFAULT_KEY, LARGEST_BODY, Endpoint, Service


def arguments():
    parser = argparse.ArgumentParser(prog="simulators.llm", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", default=DEFAULT_KEY, help="the one API key that is accepted")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    return parser.parse_args()


def application(service):
    app = web.Application(client_max_size=4 * LARGEST_BODY)
    local = Endpoint(service, openai_chat, openai_chat.LOCAL, needs_key=False)
    app.add_routes([
        web.post("/v1beta/models/{model}:generateContent", Endpoint(service, gemini).handle),
        web.post("/v1/chat/completions", Endpoint(service, openai_chat).handle),
        web.post("/v1/responses", Endpoint(service, openai_responses).handle),
        web.post("/v1/messages", Endpoint(service, anthropic).handle),
        web.post("/local/v1/chat/completions", local.handle),
        *Control(service).routes(),
    ])
    return app


def main():
    asked = arguments()
    serve.run(application(Service(asked.key, asked.latency_ms)), asked.port, "", {"key": asked.key})


main()
