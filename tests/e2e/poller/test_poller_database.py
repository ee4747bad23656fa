"""The poller's database layer (C++) against a real server; the cases are in tests/unit/poller/database_test.cpp."""

import os
import re
import subprocess

from poller import PROGRAM, environment_for

TESTS = PROGRAM.parent / "poller_database_test"


def test_database_layer(database):
    ended = subprocess.run(
        [TESTS, "--gtest_brief=1"],
        env={**os.environ, **environment_for(database.database, role=None)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"\[  PASSED  \] [1-9]\d* tests", ended.stdout), ended.stdout
