"""CALL cleanup_pipeline_records(): what cannot be removed keeps nothing else from being removed."""

import psycopg
import pytest

from cluster import value


def test_the_other_records_go(database):
    database.execute("INSERT INTO refresh_log (view_name, started_at, duration_ms, was_concurrent, outcome)"
                     " VALUES ('v', now() - interval '90 days', 1, false, 'refreshed')")
    database.execute("INSERT INTO sync_log (sync_type, started_at, completed_at, status)"
                     " VALUES ('reconcile', now() - interval '90 days', now() - interval '90 days', 'completed')")
    database.execute("CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS"
                     " $$ BEGIN RAISE EXCEPTION 'an auditor keeps it'; END $$")
    database.execute("CREATE TRIGGER keep BEFORE DELETE ON refresh_log FOR EACH ROW EXECUTE FUNCTION public.keep()")
    with pytest.raises(psycopg.Error) as raised:
        database.execute("CALL cleanup_pipeline_records()")
    assert raised.value.sqlstate == "55000"
    assert raised.value.diag.message_detail == "an auditor keeps it (SQLSTATE P0001)"
    assert raised.value.diag.message_hint == "The other records were removed."
    assert value(database, "SELECT count(*) FROM refresh_log") == 1
    assert value(database, "SELECT count(*) FROM sync_log") == 0
    database.execute("DROP TRIGGER keep ON refresh_log")
    database.execute("CALL cleanup_pipeline_records()")
    assert value(database, "SELECT count(*) FROM refresh_log") == 0
