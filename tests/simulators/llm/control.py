"""The control interface under /_sim: scripted failures, settings, what was asked."""

from aiohttp import web


class Control:
    def __init__(self, service):
        self.service = service

    def routes(self):
        return [
            web.get("/_sim/health", self.health),
            web.get("/_sim/faults", self.read_faults),
            web.post("/_sim/faults", self.add_faults),
            web.delete("/_sim/faults", self.clear_faults),
            web.patch("/_sim/settings", self.change_settings),
            web.get("/_sim/audit", self.audit),
            web.delete("/_sim/audit", self.clear_audit),
        ]

    async def health(self, request):
        return web.json_response({"calls": len(self.service.calls)})

    async def read_faults(self, request):
        return web.json_response([fault.__dict__ for fault in self.service.faults.orders])

    async def add_faults(self, request):
        """One order or a list of them; see faults.Fault."""
        body = await request.json()
        try:
            found = [self.service.faults.add(order) for order in (body if isinstance(body, list) else [body])]
        except ValueError as error:
            return web.Response(status=400, text=str(error))
        return web.json_response([fault.number for fault in found])

    async def clear_faults(self, request):
        self.service.faults.clear()
        return web.json_response({})

    async def change_settings(self, request):
        """{latency_ms, key, requests_per_minute, tokens_per_minute}; new rates start a new minute."""
        body, service = await request.json(), self.service
        service.latency_ms = body.pop("latency_ms", service.latency_ms)
        service.key = body.pop("key", service.key)
        if "requests_per_minute" in body or "tokens_per_minute" in body:
            service.set_rates(body.pop("requests_per_minute", service.requests_per_minute),
                              body.pop("tokens_per_minute", service.tokens_per_minute))
        if body:
            return web.Response(status=400, text=f"no such setting: {', '.join(body)}")
        return web.json_response({"latency_ms": service.latency_ms, "requests_per_minute": service.requests_per_minute,
                                  "tokens_per_minute": service.tokens_per_minute})

    async def audit(self, request):
        """Counts by dialect and outcome, and every call with what it asked; ?calls=0 without the calls."""
        counts = {}
        for call in self.service.calls:
            key = f"{call['dialect']} {call['outcome']}"
            counts[key] = counts.get(key, 0) + 1
        found = {"calls": len(self.service.calls), "outcomes": counts}
        if request.query.get("calls") != "0":
            found["call_list"] = self.service.calls
        return web.json_response(found)

    async def clear_audit(self, request):
        self.service.calls.clear()
        return web.json_response({})
