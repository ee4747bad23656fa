"""The control interface under /_sim: what tests do to the account behind the API's back, and what they read of it."""

import dataclasses
import datetime
import json
import zoneinfo

from aiohttp import web

from . import board_set, demonstration, seed, shapes, state
from .boards import Board, Column
from .errors import ApiError
from .figures import Figures
from .links import Links
from .seed import SOMEBODY
from .tokens import Token


class Control:
    def __init__(self, service):
        self.service = service

    @property
    def account(self):
        return self.service.account

    def routes(self):
        return [
            web.get("/_sim/health", self.health),
            web.post("/_sim/reset", self.reset),
            web.get("/_sim/state", self.state),
            web.get("/_sim/board-file", self.board_file),
            web.get("/_sim/truths", self.truths),
            web.get("/_sim/items", self.find_items),
            web.post("/_sim/items", self.create_item),
            web.get("/_sim/items/{id}", self.read_item),
            web.patch("/_sim/items/{id}", self.edit_item),
            web.post("/_sim/items/{id}/{action}", self.act_on_item),
            web.post("/_sim/boards", self.create_board),
            web.patch("/_sim/boards/{board}", self.edit_board),
            web.post("/_sim/boards/{board}/columns", self.create_column),
            web.patch("/_sim/boards/{board}/columns/{column}", self.edit_column),
            web.delete("/_sim/boards/{board}/columns/{column}", self.delete_column),
            web.get("/_sim/settings", self.read_settings),
            web.patch("/_sim/settings", self.change_settings),
            web.post("/_sim/clock", self.set_clock),
            web.post("/_sim/tokens", self.set_token),
            web.get("/_sim/faults", self.read_faults),
            web.post("/_sim/faults", self.add_faults),
            web.delete("/_sim/faults", self.clear_faults),
            web.get("/_sim/audit", self.audit),
            web.delete("/_sim/audit", self.clear_audit),
            web.get("/_sim/webhooks", self.webhooks),
            web.post("/_sim/webhooks/flush", self.flush_webhooks),
            web.post("/_sim/webhooks/repeat", self.repeat_webhooks),
        ]

    # What is there --------------------------------------------------------------------------------------------------

    async def health(self, request):
        boards = {board.role: {"id": str(board.id), "items": len(board.items)} for board in self.account.boards.values()}
        return web.json_response({"now": self.service.clock.now(), "boards": boards})

    async def reset(self, request):
        """{seed, projects, today, clean}: a new account, as at the start; without projects no boards; {shape}: another one;
        {demonstration: true}: a company with a past"""
        body, service = await request.json(), self.service
        await service.deliveries.stop()
        service.renew()
        today = datetime.date.fromisoformat(body["today"]) if body.get("today") else None
        if body.get("demonstration"):
            service.truths = demonstration.fill(service, body.get("seed", 1))
        elif body.get("shape"):
            shapes.fill(service.account, body["shape"], today)
        elif body.get("projects"):
            seed.fill(service.account, body.get("seed", 1), body["projects"], today, dirty=not body.get("clean", False))
        await service.deliveries.start()
        return await self.health(request)

    async def state(self, request):
        """?board=, ?derived=1: with links and figures, as the rules of the pipeline have them"""
        board_ids = request.query.getall("board", None)
        return web.json_response(state.dump(self.account, board_ids, request.query.get("derived") == "1"))

    async def board_file(self, request):
        return web.json_response(board_set.board_file(self.account))

    async def truths(self, request):
        """What a demonstration has planted: the rules, and what is true of each project."""
        return web.json_response({"rules": demonstration.TRUTHS, "projects": self.service.truths})

    async def find_items(self, request):
        """?board=&name=&parent=&state=&limit="""
        board = self.account.board(request.query["board"])
        wanted = request.query
        found = [
            self._as_json(item)
            for item in board.items.values()
            if ("name" not in wanted or item.name == wanted["name"])
            and ("parent" not in wanted or (item.parent is not None and str(item.parent.id) == wanted["parent"]))
            and ("state" not in wanted or item.state == wanted["state"])
        ]
        return web.json_response(found[: int(wanted.get("limit", len(found)))])

    async def read_item(self, request):
        item = self._item(request.match_info["id"])
        found = self._as_json(item)
        if item.board.role == "parent":
            found["figures"] = Figures(Links(self.account).find).of(item)
        return web.json_response(found)

    # Items ----------------------------------------------------------------------------------------------------------

    async def create_item(self, request):
        """{board_id, name, parent_id, group, values {column: JSON}, fields {field: JSON}, user_id}"""
        body = await request.json()
        parent = self._item(body["parent_id"]) if body.get("parent_id") else None
        board = self.account.board(body["board_id"]) if parent is None else self.account.subitem_board(parent.board)
        item = self.service.changes.create_item(board, body["name"], body.get("user_id", SOMEBODY),
                                                self._raws(board, body), body.get("group"), parent, check=False)
        return web.json_response(self._as_json(item))

    async def edit_item(self, request):
        """{name, values {column: JSON}, fields {field: JSON}, raw {column: raw}, group, updated_at, user_id}.

        raw is stored unchecked, also what the service would refuse (text columns: any text)."""
        body = await request.json()
        item = self._item(request.match_info["id"])
        user, changes = body.get("user_id", SOMEBODY), self.service.changes
        raws = self._raws(item.board, body) | body.get("raw", {})
        if raws:
            changes.set_values(item, raws, user, check=False)
        if "name" in body:
            changes.rename(item, body["name"], user, check=False)
        if "group" in body:
            changes.move_to_group(item, body["group"], user)
        if "updated_at" in body:
            item.updated_at = body["updated_at"]
        return web.json_response(self._as_json(item))

    async def act_on_item(self, request):
        """archive, delete, restore, move ({parent_id}), update ({body})"""
        body = await request.json() if request.can_read_body else {}
        item = self._item(request.match_info["id"])
        user, changes = body.get("user_id", SOMEBODY), self.service.changes
        action = request.match_info["action"]
        if action in ("archive", "delete", "restore"):
            changes.set_state(item, {"archive": "archived", "delete": "deleted", "restore": "active"}[action], user)
        elif action == "move":
            changes.move_subitem(item, self._item(body["parent_id"]), user)
        elif action == "update":
            changes.create_update(item, body["body"], user)
        else:
            raise web.HTTPNotFound(text=f"no such action: {action}")
        return web.json_response(self._as_json(item))

    # Boards and columns ---------------------------------------------------------------------------------------------

    async def create_board(self, request):
        """{id, name, role, parent_board_id, columns [{id, title, kind, settings, field, writable}]}; role may be empty."""
        body = await request.json()
        parent = self.account.board(body["parent_board_id"]) if body.get("parent_board_id") else None
        board = Board(int(body["id"]), body["name"], body.get("role", ""), parent=parent, created_at=self.service.clock.now())
        board.add_group("topics", "Items")
        self.account.add_board(board)
        for each in body.get("columns", ()):
            board.add_column(Column(each["id"], each["title"], each["kind"], each.get("settings"),
                                    field=each.get("field"), writable=each.get("writable", False)))
        return web.json_response({"id": str(board.id)})

    async def edit_board(self, request):
        """{rollup, state, currency, decimal_mark, date_format, name}"""
        board = self._board(request)
        for name, value in (await request.json()).items():
            if name not in ("rollup", "state", "currency", "decimal_mark", "date_format", "name"):
                raise web.HTTPBadRequest(text=f"no such setting of a board: {name}")
            setattr(board, name, value)
        return web.json_response({"id": str(board.id)})

    async def create_column(self, request):
        body = await request.json()
        board = self._board(request)
        column = Column(body["id"], body["title"], body["kind"], body.get("settings"), field=body.get("field"))
        self.service.changes.create_column(board, column, SOMEBODY)
        return web.json_response({"id": column.id})

    async def edit_column(self, request):
        """{title, label: [id, text]}"""
        board, body = self._board(request), await request.json()
        column = board.columns[request.match_info["column"]]
        self.service.changes.change_column(board, column, body.get("title"), body.get("label"))
        return web.json_response({"id": column.id, "title": column.title, "settings": column.settings})

    async def delete_column(self, request):
        board = self._board(request)
        self.service.changes.delete_column(board, board.columns[request.match_info["column"]])
        return web.json_response({})

    # Behaviour ------------------------------------------------------------------------------------------------------

    async def read_settings(self, request):
        service = self.service
        return web.json_response({
            "plan": service.limits.plan_name, "limits": service.limits.plan._asdict(), "latency_ms": service.latency_ms,
            "lag_seconds": service.changes.lag_seconds, "shuffled": service.cursors.shuffled,
            "most_items": service.changes.most_items, "exclusive_writes": service.writers.exclusive,
            "time_zone": str(self.account.zone), "webhooks": dataclasses.asdict(service.deliveries.troubles),
            "webhook_timeout_seconds": service.deliveries.timeout_seconds, "clock_scale": service.clock.scale,
        })

    async def change_settings(self, request):
        """{plan, limits {daily, minute, ...}, latency_ms, lag_seconds, shuffled, most_items, time_zone (of the token's
        user), exclusive_writes (423 to who writes to a board meanwhile), webhooks {loss, ...}, webhook_timeout_seconds}; a plan or limits start all budgets anew."""
        body, service = await request.json(), self.service
        if "plan" in body or "limits" in body:
            service.limits.set_plan(body.pop("plan", service.limits.plan_name), **body.pop("limits", {}))
        if "webhooks" in body:
            service.deliveries.troubles = dataclasses.replace(service.deliveries.troubles, **body.pop("webhooks"))
        service.latency_ms = body.pop("latency_ms", service.latency_ms)
        service.changes.lag_seconds = body.pop("lag_seconds", service.changes.lag_seconds)
        service.cursors.shuffled = body.pop("shuffled", service.cursors.shuffled)
        service.changes.most_items = body.pop("most_items", service.changes.most_items)
        self.account.zone = zoneinfo.ZoneInfo(body.pop("time_zone", str(self.account.zone)))
        service.writers.exclusive = body.pop("exclusive_writes", service.writers.exclusive)
        service.deliveries.timeout_seconds = body.pop("webhook_timeout_seconds", service.deliveries.timeout_seconds)
        if body:
            raise web.HTTPBadRequest(text=f"no such setting: {', '.join(body)}")
        return await self.read_settings(request)

    async def set_clock(self, request):
        """{advance: seconds, scale: simulated seconds in a real one}"""
        body, clock = await request.json(), self.service.clock
        if "scale" in body:
            clock.run_at(body["scale"])
        clock.advance(body.get("advance", 0))
        return web.json_response({"now": clock.now(), "scale": clock.scale})

    async def set_token(self, request):
        """{secret, user_id, kind personal|app, boards, writable_boards, scopes, revoked, calls_left}; makes or changes one."""
        body, tokens = await request.json(), self.service.tokens
        token = tokens.get(body["secret"]) or tokens.add(Token(body["secret"]))
        for name in ("boards", "writable_boards"):
            if body.get(name) is not None:
                body[name] = {int(id) for id in body[name]}
        for name, value in body.items():
            if not hasattr(token, name):
                raise web.HTTPBadRequest(text=f"no such property of a token: {name}")
            setattr(token, name, value)
        if token.user_id not in self.account.users:
            self.account.add_user(token.user_id, f"User {token.user_id}")
        return web.json_response({"secret": token.secret, "user_id": token.user_id})

    async def read_faults(self, request):
        return web.json_response([fault.as_json() for fault in self.service.faults.orders])

    async def add_faults(self, request):
        """One order or a list of them; see faults.Fault."""
        body = await request.json()
        found = [self.service.faults.add(order) for order in (body if isinstance(body, list) else [body])]
        return web.json_response([fault.number for fault in found])

    async def clear_faults(self, request):
        """All orders, or ?cursors=1: every cursor expires now."""
        if request.query.get("cursors") == "1":
            self.service.cursors.expire_all()
        else:
            self.service.faults.clear()
        return web.json_response({})

    # What happened --------------------------------------------------------------------------------------------------

    async def audit(self, request):
        """?calls=1 and ?effects=1 with every single one"""
        service = self.service
        found = service.audit.summary(service)
        if request.query.get("calls") == "1":
            found["call_list"] = [call.as_json() for call in service.audit.calls]
        if request.query.get("effects") == "1":
            found["effect_list"] = service.audit.effects
        return web.json_response(found)

    async def clear_audit(self, request):
        self.service.audit.clear()
        self.service.limits.exceeded.clear()
        self.service.limits.most_in_flight = 0
        self.service.writers.overlaps = 0
        return web.json_response({})

    async def webhooks(self, request):
        service = self.service
        return web.json_response({
            "subscriptions": [
                {"id": each.id, "board_id": str(each.board.id), "url": each.url, "event": each.event, "config": each.config}
                for each in service.webhooks.subscriptions.values()
            ],
            "deliveries": [record.as_json() for record in service.deliveries.records],
        })

    async def flush_webhooks(self, request):
        """Waits until every delivery had its first attempt; {done: false} after ?seconds= (10)."""
        done = await self.service.deliveries.flush(float(request.query.get("seconds", 10)))
        return web.json_response({"done": done})

    async def repeat_webhooks(self, request):
        """{numbers: [...]}: delivers these again, or all without a list"""
        wanted = (await request.json()).get("numbers") if request.can_read_body else None
        records = [each for each in self.service.deliveries.records if wanted is None or each.number in wanted]
        for record in records:
            self.service.deliveries.deliver_again(record)
        return web.json_response({"repeated": len(records)})

    # Helpers --------------------------------------------------------------------------------------------------------

    def _item(self, id):
        item = self.account.item(id)
        if item is None:
            raise web.HTTPNotFound(text=f"no item {id}")
        return item

    def _board(self, request):
        return self.account.board(request.match_info["board"])

    def _raws(self, board, body):
        """Values by column id or by field, in the form of a JSON write."""
        given = dict(body.get("values", {}))
        for field, value in body.get("fields", {}).items():
            column = board.column_of_field(field)
            if column is None:
                raise web.HTTPBadRequest(text=f"no column holds {field} on this board")
            given[column.id] = value
        return {id: board.columns[id].kind.parse(board.columns[id], value, True) for id, value in given.items()}

    def _as_json(self, item):
        return state.item_as_json(item, [column for column in item.board.columns.values() if column.field])


@web.middleware
async def plain_errors(request, handler):
    """What a test got wrong, in words."""
    try:
        return await handler(request)
    except ApiError as error:
        return web.Response(status=400, text=f"{error.code}: {error.message}")
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        return web.Response(status=400, text=f"{type(error).__name__}: {error}")
