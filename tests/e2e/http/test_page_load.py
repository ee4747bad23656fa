"""However many people look at the page, they leave the processors to those who write."""

import concurrent.futures

import pytest

from cluster import fill
from poller import Receiver, wait_until
from rest import Rest


@pytest.fixture
def poller(database):
    fill(database, 20)
    with Receiver(database.database) as running:
        yield running


def test_two_documents_are_computed_at_a_time_and_webhooks_and_reports_go_on(database, poller):
    working = (
        "SELECT count(*) AS all, count(*) FILTER (WHERE application_name = 'pipeline-poller page') AS page FROM pg_stat_activity"
        " WHERE application_name LIKE 'pipeline-poller%' AND wait_event_type = 'Lock' AND datname = current_database()"
    )
    rest = Rest(poller)
    with database.database.connection(autocommit=False) as holder, concurrent.futures.ThreadPoolExecutor(12) as readers:
        holder.execute("LOCK TABLE project_dimension, projects")
        asked = [readers.submit(lambda n=n: Rest(poller).get("/projects", q=f"Project {n}")) for n in range(12)]
        wait_until(lambda: database.execute(working).fetchone()["page"] == 2)
        assert rest.get("/readyz").status in (200, 503)
        assert database.execute(working).fetchone()["page"] == 2, "the others wait for their turn"
        holder.rollback()
        assert {each.result().status for each in asked} == {200}
