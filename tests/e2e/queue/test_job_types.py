"""Every type of job that the poller knows, by its own list, done by the role that is granted what a poller needs."""

import json
import re

import pytest

import roles
from llm_client import KEY, provider
from pipeline import Pipeline
from poller import run

# What a job of a type needs to be told.
WITH_PROJECT = {"analyze", "llm_explain", "push_to_monday", "rehydrate_and_analyze"}


def known_types():
    return re.search(r"JOB TEXT:\{([a-z_,]+)\}", run("run-once", "--help").stdout).group(1).split(",")


@pytest.fixture(scope="module")
def granted(cluster, account, llm_process):
    """Five analysed projects of a board, and a language model."""
    from conftest import new_database

    account.control("DELETE", "/faults")
    account.control("POST", "/reset", {"projects": 5, "clean": True, "seed": 1})
    llm_process.control("PATCH", "/settings", {"latency_ms": 0, "key": KEY, "requests_per_minute": 1_000_000, "tokens_per_minute": 1_000_000_000})
    with new_database(cluster) as database:
        connection = database.connection()
        connection.database = database
        pipeline = Pipeline(connection, account, role=roles.POLLER, **provider(llm_process, "gemini"))
        pipeline.done("rehydrate", "full")
        connection.execute("DELETE FROM job_queue")
        connection.execute("SELECT analyze_projects()")
        yield pipeline


@pytest.mark.parametrize("job_type", known_types())
def test_the_granted_role_does_every_type(granted, job_type):
    project = granted.value("SELECT min(monday_id) FROM projects WHERE state = 'active'")
    arguments = ["--project", project] if job_type in WITH_PROJECT else []
    outcome = granted.command("run-once", job_type, *arguments, "--json")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    # By its id: a push that an analysis before it left waiting is the one that is done, and not the newest job.
    [told] = json.loads(outcome.stdout)
    [done] = granted.rows("SELECT job_type, status, attempts FROM job_queue WHERE id = %s", [told["id"]])
    assert (done.job_type, done.status, done.attempts) == (job_type, "completed", 1)


def test_what_the_schedule_enqueues_and_providers_gate_is_a_type(granted):
    known = set(known_types())
    scheduled = {row.job_name for row in granted.rows("SELECT job_name FROM job_schedule() WHERE statement IS NULL")}
    gated = {row.job_type for row in granted.rows("SELECT job_type FROM job_type")}
    assert scheduled and scheduled <= known
    assert gated and gated <= known
