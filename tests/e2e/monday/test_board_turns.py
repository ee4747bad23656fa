"""One poller at a time writes to a board; one that freezes, is killed or is cut off keeps the others waiting for no longer than its term."""

import signal
import subprocess

import pytest

from network import Line
from pipeline import Pipeline
from poller import PROGRAM, environment_for, wait_until

# The term of a turn is half a lease.
SHORT = {"POLLER_LEASE_SECONDS": 4}
PARENT = "4100000001"


@pytest.fixture
def pipeline(database, account):
    """30 projects that were read and analysed; nothing is written yet."""
    account.control("DELETE", "/faults")
    account.control("PATCH", "/settings", {"plan": "enterprise", "latency_ms": 0, "lag_seconds": 0})
    account.control("POST", "/reset", {"projects": 30, "clean": True, "seed": 5})
    pipeline = Pipeline(database, account, **SHORT)
    pipeline.done("rehydrate", "full")
    pipeline.connection.execute("DELETE FROM job_queue")
    pipeline.connection.execute("SELECT analyze_projects()")
    pipeline.forget_audit()
    return pipeline


def turn(pipeline, board=PARENT):
    rows = pipeline.rows("SELECT token, holder FROM board_turn WHERE board_id = %s", [board])
    return rows[0] if rows else None


def has_turn(pipeline, poller):
    held = turn(pipeline)
    return held and (held.holder or "").endswith(f"/{poller.process.pid}")


def due(pipeline):
    return pipeline.value("SELECT count(*) FROM monday_push_due()")


def hold_up_writes(pipeline, **order):
    pipeline.simulator.control("POST", "/faults", {"operation": "mutation", "times": 1, **order})


def writes(pipeline):
    return [call for call in pipeline.audit(calls=True)["call_list"] if call["name"].startswith("write")]


def check_effects(pipeline):
    audit = pipeline.audit(effects=True)
    assert max(audit["updates_per_item"].values(), default=0) <= 1
    changed = [each for each in audit["effect_list"] if each["effect"] == "write_values" and each["changed"]]
    assert len(changed) == 30, "each item was written once"


def command(pipeline, *arguments):
    """A command of the program that goes on in the background."""
    environment = environment_for(pipeline.connection.database, **pipeline.settings)
    return subprocess.Popen([PROGRAM, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_frozen_writer_keeps_nobody_waiting_and_writes_nothing_when_it_wakes(pipeline):
    # A command has no lease that could be lost. Its first write has to wait for a limit, and meanwhile it freezes.
    hold_up_writes(pipeline, code="MINUTE_RATE_LIMIT_EXCEEDED", retry_in=3, retry_after=True)
    frozen = command(pipeline, "push", "--changed")
    try:
        wait_until(lambda: turn(pipeline) and writes(pipeline))
        frozen.send_signal(signal.SIGSTOP)
        pipeline.value("SELECT enqueue_due_monday_pushes()")
        with pipeline.poller() as other:
            wait_until(lambda: due(pipeline) == 0, 60)
            assert turn(pipeline).token > 1
            pipeline.wait_for_jobs()
            state, written = pipeline.rows("SELECT * FROM push_state ORDER BY project_id"), len(writes(pipeline))
            frozen.send_signal(signal.SIGCONT)
            output, _ = frozen.communicate(timeout=60)
            assert other.stop() == 0
    finally:
        frozen.kill()
        frozen.wait()
    assert frozen.returncode == 1 and "another poller has taken its turn" in output
    assert len(writes(pipeline)) == written, "the one that woke up sent nothing"
    assert pipeline.rows("SELECT * FROM push_state ORDER BY project_id") == state, "and noted nothing"
    check_effects(pipeline)


def test_a_writer_that_is_cut_off_keeps_nobody_waiting(pipeline):
    cluster = pipeline.connection.database.cluster
    hold_up_writes(pipeline, code="MINUTE_RATE_LIMIT_EXCEEDED", retry_in=1, retry_after=True)
    pipeline.value("SELECT enqueue_due_monday_pushes()")
    with Line(cluster) as line:
        url = f"host=127.0.0.1 port={line.port} user={cluster.user} dbname={pipeline.connection.database.name}"
        with pipeline.poller(DATABASE_URL=url) as cut_off:
            wait_until(lambda: has_turn(pipeline, cut_off) and writes(pipeline))
            line.cut()
            with pipeline.poller() as other:
                wait_until(lambda: due(pipeline) == 0, 60)
                pipeline.wait_for_jobs()
                assert other.stop() == 0
    check_effects(pipeline)


def test_a_holder_that_waits_keeps_its_turn(pipeline):
    hold_up_writes(pipeline, kind="hang", seconds=6, when="before")
    slow = command(pipeline, "push", "--changed")
    wait_until(lambda: turn(pipeline))
    result = pipeline.command("push", "--changed", timeout=200)
    output, _ = slow.communicate(timeout=60)
    assert (slow.returncode, result.returncode) == (0, 0), output + result.stderr
    assert "waits for its turn" in result.stderr and f"/{slow.pid}" in result.stderr
    assert due(pipeline) == 0 and pipeline.audit()["overlapping_writes"] == 0
    check_effects(pipeline)


def test_after_a_kill_the_board_is_free_when_the_term_is_over(pipeline):
    hold_up_writes(pipeline, kind="hang", seconds=20, when="before")
    pipeline.value("SELECT enqueue_due_monday_pushes()")
    with pipeline.poller() as killed:
        wait_until(lambda: has_turn(pipeline, killed))
        killed.kill()
    pipeline.done("push", "--changed", timeout=120)
    assert due(pipeline) == 0


def test_who_waits_for_too_long_comes_again_and_says_for_whom(pipeline):
    pipeline.value("SELECT take_board_turn(%s, 'elsewhere/77', '1 hour')", [PARENT])
    (project,) = [row.project_id for row in pipeline.rows("SELECT project_id FROM monday_push_due() LIMIT 1")]
    job = pipeline.enqueue("push_to_monday", project)
    with pipeline.poller() as poller:
        waiting = wait_until(lambda: pipeline.rows(
            "SELECT * FROM job_queue WHERE id = %s AND status = 'queued' AND detail LIKE %s",
            [job, "elsewhere/77 writes to board %"]), 60)
        assert waiting[0].attempts == 0, "nothing was tried"
        pipeline.value("SELECT give_back_board_turn(%s, 1)", [PARENT])
        pipeline.wait_for_jobs()
        assert poller.stop() == 0
    assert pipeline.value("SELECT status FROM job_queue WHERE id = %s", [job]) == "completed"
