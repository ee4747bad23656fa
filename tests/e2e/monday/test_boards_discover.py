"""pipeline-poller boards discover: a board file proposed from the titles of columns, ready for boards import."""

import json

import pytest

from monday_client import HIDDEN, PARENT, SUBITEM
from pipeline import Pipeline


@pytest.fixture
def pipeline(database, account):
    account.control("DELETE", "/faults")
    account.control("POST", "/reset", {"projects": 3, "clean": True, "seed": 1})
    return Pipeline(database, account)


def test_the_boards_below_are_found_and_the_proposal_can_be_imported(pipeline, tmp_path):
    proposed = json.loads(pipeline.done("boards", "discover", PARENT))
    assert [(board["board_id"], board["role"]) for board in proposed["boards"]] == [
        (PARENT, "parent"), (SUBITEM, "subitem"), (HIDDEN, "hidden")]
    configured = pipeline.simulator.control("GET", "/board-file")
    for board, known in zip(proposed["boards"], configured["boards"], strict=True):
        found = {column["column_id"]: column["field"] for column in board["columns"] if column["field"]}
        expected = {column["column_id"]: column["field"] for column in known["columns"]}
        assert found and found.items() <= expected.items(), "what is proposed is what the account means"

    file = tmp_path / "boards.json"
    file.write_text(json.dumps(proposed))
    pipeline.done("boards", "import", str(file))


def test_a_board_that_is_not_there_is_named(pipeline):
    result = pipeline.command("boards", "discover", "4199999999")
    assert result.returncode == 1 and "board 4199999999 does not exist" in result.stderr
