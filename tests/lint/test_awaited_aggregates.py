"""The check that refuses initializers around co_await, on examples of both kinds."""

import pytest

from awaited_aggregates import awaited_aggregates

REFUSED = {
    "argument": 'found.push_back({"parent", co_await board_of(client)});',
    "declaration": "const Found found{co_await board_of(client)};",
    "assignment": "Found found = {1, co_await board_of(client)};",
    "designated": "const Found found{.board = co_await board_of(client)};",
    "returned": "co_return Found{co_await board_of(client)};",
    "over lines": 'found.push_back(\n    {"parent",\n     co_await board_of(client)});',
    "nested": "const std::vector<Found> all{{1, (co_await board_of(client)).front()}};",
    "choice": "outcome = co_await (is_history ? history(database) : work(database));",
    "in a call": "const Found found{to_text(co_await board_of(client))};",
}

ALLOWED = {
    "function": "awaitable<void> run() { co_await work(); }",
    "method": "awaitable<void> run() const override { co_await work(); }",
    "if": "if (ready) { co_await work(); } else { co_await other(); }",
    "loop": "for (const Board &board : boards) { co_await work(board); }",
    "lambda": "const auto store = [&](Connection &c) -> awaitable<void> { co_await set.store(c); };",
    "lambda without parameters": "spawn([this] { co_await work(); });",
    "lambda in an initializer": "const Job job{[this]() -> awaitable<void> { co_await work(); }};",
    "choice of an argument": "co_await work(is_first ? first : second);",
    "in parentheses": "const json board = json::parse(co_await text());",
    "comment": "const Found found{1};  // not {co_await work()}",
    "text": 'const Found found{"{co_await work()}"};',
    "after an initializer": "const std::vector<std::string> ids{id};\nco_await work(ids);",
    "try": "try { co_await work(); } catch (const Error &) { throw; }",
    "case": "switch (kind) { case Kind::kOne: { co_await work(); } }",
    "separator of digits": "const int many = 1'000; run({many}); co_await work(); const int more = 2'000;",
}


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(code):
    assert len(awaited_aggregates(f"awaitable<void> f() {{\n{code}\n}}")) == 1


@pytest.mark.parametrize("code", ALLOWED.values(), ids=ALLOWED.keys())
def test_allows(code):
    assert awaited_aggregates(f"awaitable<void> f() {{\n{code}\n}}") == []


def test_names_the_line():
    assert awaited_aggregates("int i;\nFound f{\n  co_await x()};\n") == [3]
