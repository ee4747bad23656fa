"""POST /v2: one call from its body to its answer, in the order in which the service checks things."""

import asyncio
import json
import time
import uuid

from aiohttp import web
from graphql.language import ast

from . import complexity, errors, execution, versions
from .context import Context
from .errors import ApiError
from .schema import operation_of, prepared
from .writers import boards_written

DROP = object()


class Endpoint:
    def __init__(self, service):
        self.service = service

    async def handle(self, request):
        service = self.service
        call = service.audit.call()
        started = time.monotonic()
        service.limits.enter()
        try:
            answer = await self._answer(request, call)
        finally:
            service.limits.leave()
            call.seconds = time.monotonic() - started
        if answer is DROP:
            request.transport.abort()
            return web.Response(status=500)
        call.status = answer.status
        return answer

    async def _answer(self, request, call):
        service = self.service
        token = None
        try:
            text = await request.read()
            if service.latency_ms:
                await asyncio.sleep(service.latency_ms / 1000)
            token = service.tokens.check(request.headers.get("Authorization"))
            call.token = token.secret
            service.limits.check_rates()
            call.version_asked = request.headers.get("API-Version")
            call.version_served = versions.served(call.version_asked)
            query, variables, operation_name = read_body(text)
            document, operation = self._operation(query, operation_name, call)
            return await self._run(request, call, token, document, operation, variables)
        except ApiError as error:
            call.codes.append(error.code)
            return self._refusal(error, call, token)

    def _operation(self, query, operation_name, call):
        document, problems = prepared(query, call.version_served)
        if document is None:
            raise ApiError(f"Parse error on {problems[0]}", "PARSING_ERROR", http=400, status=400)
        if problems:
            raise ApiError("; ".join(str(each) for each in problems), "GRAPHQL_VALIDATION_FAILED", status=400)
        operation = operation_of(document, operation_name)
        if operation is None:
            raise ApiError("Which operation is to run?", "INVALID_GRAPHQL_REQUEST", http=400, status=400)
        call.operation = operation.operation
        call.name = operation.name.value if operation.name is not None else None
        roots = operation.selection_set.selections
        call.fields = [each.name.value for each in roots if isinstance(each, ast.Field)]
        return document, operation

    async def _run(self, request, call, token, document, operation, variables):
        service = self.service
        call.limit = variables.get("limit")
        fault = service.faults.hit(call, token.secret, field_names(document))
        if fault is not None:
            call.fault = fault.number
            if fault.when == "before":
                early = await self._suffer(fault, call, token)
                if early is not None:
                    return early
        if token.view_only and call.operation == "mutation":
            raise ApiError("User access denied", "USER_ACCESS_DENIED", http=403, status=403)
        context = self._charged(call, token, operation, document, variables)
        with service.writers.writing(boards_written(operation, variables, service.account) if call.operation == "mutation" else ()):
            return await self._effect(request, context, call, document, operation, variables, fault)

    async def _effect(self, request, context, call, document, operation, variables, fault):
        service, token = self.service, context.token
        key = request.headers.get("Idempotency-Key") if call.operation == "mutation" else None
        call.idempotency_key = key
        if key:
            kept = service.idempotency.begin(token.user_id, key)
            if kept is not None:
                call.replayed = True
                return self._response(kept, call, token, {"Idempotency-Replayed": "true"})
        try:
            if fault is not None and fault.when == "during":
                await asyncio.sleep(fault.seconds)
            body = await self._executed(context, call, document, operation, variables, fault)
        except BaseException:
            if key:
                service.idempotency.forget(token.user_id, key)
            raise
        if key:
            service.idempotency.end(token.user_id, key, body)
        if fault is not None and fault.when == "after" and fault.kind != "partial":
            late = await self._suffer(fault, call, token)
            if late is not None:
                return late
        return self._response(body, call, token)

    def _charged(self, call, token, operation, document, variables):
        service = self.service
        context = Context(service, token, call.version_served, call)
        only_complexity = complexity.only_asks_for_complexity(operation)
        service.limits.take_daily(0.1 if only_complexity else 1)
        cost = complexity.cost(document, operation, variables)
        writes = call.operation == "mutation"
        before, after = service.limits.take_complexity(token, writes, cost)
        call.complexity = cost
        context.complexity = (before, after, cost, service.limits.complexity_window(token, writes).resets_in())
        return context

    async def _executed(self, context, call, document, operation, variables, fault):
        if "create_webhook" in call.fields:
            await self._challenge(operation, variables, context)
        call.executed = True
        data, found = execution.run(document, operation, variables, context)
        self.service.limits.take_formulas(len(context.formula_columns), context.formula_cells)
        call.formula_columns = sorted(context.formula_columns)
        if fault is not None and fault.kind == "partial":
            blank(data, fault.path)
            found.append({"message": fault.message, "path": fault.path, "extensions": fault.error().extensions()})
        call.codes += [error.get("extensions", {}).get("code") for error in found]
        body = {"data": data, "extensions": {"request_id": str(uuid.uuid4())}, "account_id": self.service.account.id}
        if found:
            body["errors"] = found
        return json.dumps(body, ensure_ascii=False).encode()

    async def _challenge(self, operation, variables, context):
        """Every URL of the call's create_webhook fields has to answer before the mutation runs."""
        for each in operation.selection_set.selections:
            if isinstance(each, ast.Field) and each.name.value == "create_webhook":
                given = {argument.name.value: complexity.value_of(argument.value, variables) for argument in each.arguments}
                try:
                    self.service.webhooks.check(given["board_id"], given["url"], given["event"])
                except ApiError:
                    continue  # The mutation says it again, as this field's error.
                if await self.service.deliveries.challenge(given["url"]):
                    context.answered.add(given["url"])

    async def _suffer(self, fault, call, token):
        """The answer that the fault gives; None where it only takes time."""
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.kind == "hang":
            return None
        if fault.kind == "drop":
            return DROP
        if fault.kind == "raw":
            return web.Response(status=fault.http, body=fault.body.encode(), content_type="text/html")
        error = fault.error()
        call.codes.append(error.code)
        return self._refusal(error, call, token, fault.form)

    def _refusal(self, error, call, token, form="new"):
        """A call that is refused costs a tenth of one."""
        body = errors.body(error, form)
        if form != "old":
            body |= {"extensions": {"request_id": str(uuid.uuid4())}, "account_id": self.service.account.id}
        return self._response(json.dumps(body).encode(), call, token, error.headers(), error.http)

    def _response(self, body, call, token, headers=None, status=200):
        sent = self.service.limits.headers(token) | (headers or {})
        sent["API-Version"] = call.version_served or versions.CURRENT
        return web.Response(body=body, status=status, content_type="application/json", charset="utf-8", headers=sent)


def read_body(text):
    """(query, variables, operation name)."""
    try:
        body = json.loads(text)
    except ValueError:
        raise ApiError("Bad request: the body is not JSON", "JsonParseException", http=400, status=400) from None
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise ApiError("Bad request: no query", "BadRequest", http=400, status=400)
    variables = {} if body.get("variables") is None else body["variables"]
    if not isinstance(variables, dict):
        raise ApiError("variables must be an object", "INVALID_GRAPHQL_REQUEST", http=400, status=400)
    return body["query"], variables, body.get("operationName")


def field_names(document):
    """Every field that a document selects anywhere."""
    found = set()

    def walk(selection_set):
        for each in selection_set.selections if selection_set else ():
            if isinstance(each, ast.Field):
                found.add(each.name.value)
            walk(getattr(each, "selection_set", None))

    for definition in document.definitions:
        walk(definition.selection_set)
    return found


def blank(data, path):
    """Null at a place of the answer, if there is such a place."""
    *way, last = path
    for step in way:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, (dict, list)):
        data[last] = None
