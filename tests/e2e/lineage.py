"""Why the projects of a failed test are wrong, as the database tells it: the view project_lineage in the test's report."""

import contextlib
import json
import re

import psycopg

MOST = 6
TITLE = "Project lineage"
_kept = []

# Those that the failure names, by an id of their own or of their quotes; then those in trouble.
PROJECTS = """
    WITH named (id) AS (SELECT unnest(%(named)s::text[])),
    concerned (id, place) AS (
        SELECT id, 1 FROM named
        UNION ALL SELECT s.parent_monday_id, 1 FROM subitems s JOIN named n ON n.id IN (s.monday_id, s.hidden_item_id)
        UNION ALL SELECT project_id, 2 FROM job_queue_finished WHERE status = 'failed'
        UNION ALL SELECT project_id, 2 FROM push_state WHERE last_error IS NOT NULL
        UNION ALL SELECT project_id, 3 FROM job_queue_queued WHERE attempts > 0
        UNION ALL SELECT item_id, 4 FROM sync_reject
        UNION ALL SELECT s.parent_monday_id, 4 FROM sync_reject r JOIN subitems s ON r.item_id IN (s.monday_id, s.hidden_item_id)
        UNION ALL SELECT project_id, 5 FROM job_queue_running
        UNION ALL SELECT project_id, 5 FROM job_queue_queued
    )
    SELECT p.monday_id
    FROM (SELECT id, min(place) AS place FROM concerned GROUP BY id) c
    JOIN projects p ON p.monday_id = c.id
    ORDER BY c.place, p.monday_id LIMIT %(most)s
"""


def lineage(connection, text):
    """The lineage of the projects that a text is about and of those in trouble, one JSON object on a line; "" without any."""
    if connection.execute("SELECT to_regclass('project_lineage') IS NULL AS is_absent").fetchone()["is_absent"]:
        return ""
    named = list(dict.fromkeys(re.findall(r"\b[A-Z]?\d+\b", text)))[:1000]
    projects = [row["monday_id"] for row in connection.execute(PROJECTS, {"named": named, "most": MOST})]
    rows = connection.execute("SELECT * FROM project_lineage WHERE project_id = ANY (%s)", [projects]).fetchall()
    rows.sort(key=lambda row: projects.index(row["project_id"]))
    return "\n".join(json.dumps({name: each for name, each in row.items() if each is not None}, default=str) for row in rows)


@contextlib.contextmanager
def kept_on_failure(database):
    """For a database that is gone before the test is reported: keeps what it says of an error on the way out."""
    try:
        yield
    except BaseException as error:
        with database.cluster.connect(database.name) as connection:
            _kept[:] = [lineage(connection, str(error))]
        raise


def sections(fixtures, text):
    """(title, text) for each database among the fixtures of a test that failed with this text."""
    openers = {}
    for fixture in fixtures.values():
        database = getattr(fixture, "database", fixture)
        if callable(getattr(database, "connection", None)):
            openers[id(database)] = database.connection
    found, _kept[:] = list(_kept), []
    for opener in openers.values():
        try:
            # Another one: that of the test may be in the midst of a transaction.
            with opener(options="-c statement_timeout=10s", connect_timeout=5) as connection:
                found.append(lineage(connection, text))
        except psycopg.Error as error:
            found.append(f"unknown: {error}")
    return [(TITLE, each) for each in found if each]
