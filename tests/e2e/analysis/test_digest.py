"""The digest under load, after damage, and between versions."""

import random
import threading

import psycopg
import pytest

from cluster import failed_checks, fill, value

IS_CURRENT = "SELECT missing_from_digest() IS NULL"


def deviating(connection):
    """Projects whose analysis out of the digest is not that of the whole pipeline."""
    return connection.execute(
        """SELECT a.project_id FROM (SELECT * FROM compute_analyses(NULL, now(), false)) a
           LEFT JOIN LATERAL (SELECT * FROM compute_few_analyses(ARRAY[a.project_id], now(), false)) o ON true
           WHERE a IS DISTINCT FROM o""").fetchall()


def write_at_random(connection, dice, statements):
    for _ in range(statements):
        project = f"P{dice.randrange(1, 400)}"
        try:
            match dice.randrange(5):
                case 0:
                    connection.execute(
                        """INSERT INTO projects (monday_id, item_name, account, category, new_enquiry_value, date_created)
                           VALUES (%s, 'New', %s, 'Category 1', 50, pipeline_today())
                           ON CONFLICT (monday_id) DO UPDATE SET account = excluded.account, state = 'active'""",
                        [project, f"Account {dice.randrange(5)}"])
                case 1:
                    connection.execute("DELETE FROM projects WHERE monday_id = %s", [project])
                case 2:
                    connection.execute("UPDATE projects SET state = 'archived' WHERE monday_id = %s", [project])
                case 3:
                    with connection.transaction(force_rollback=dice.random() < 0.5):
                        connection.execute("UPDATE projects SET gestation_period = %s, type = NULL WHERE monday_id = %s",
                                           [dice.randrange(900), project])
                        connection.execute("UPDATE projects SET new_enquiry_value = %s WHERE monday_id = %s",
                                           [dice.randrange(10**6), project])
                case 4:
                    connection.execute("UPDATE projects SET new_enquiry_value = coalesce(new_enquiry_value, 0) + 1 "
                                       "WHERE account = %s", [f"Account {dice.randrange(5)}"])
        except psycopg.errors.DeadlockDetected:
            pass  # two statements that update many rows in different orders


def test_it_fits_the_projects_at_every_moment(database):
    fill(database)
    failures = []
    writing = threading.Event()

    def run(work):
        try:
            work(database.database.connection())
        except BaseException as failure:  # noqa: BLE001: every kind of failure is one of the test
            failures.append(failure)

    def analyse(connection):
        while not writing.is_set():
            try:
                connection.execute("SELECT analyze_project(monday_id) FROM projects WHERE state = 'active' "
                                   "ORDER BY random() LIMIT 1")
            except psycopg.errors.NoDataFound:
                pass  # a writer has taken the project away meanwhile
            connection.execute("SELECT merge_digest(5)")

    def check(connection):
        while not writing.is_set():
            assert value(connection, IS_CURRENT)

    writers = [threading.Thread(target=run, args=[lambda c, seed=seed: write_at_random(c, random.Random(seed), 150)])
               for seed in range(4)]
    others = [threading.Thread(target=run, args=[work]) for work in (analyse, analyse, check)]
    for thread in writers + others:
        thread.start()
    for thread in writers:
        thread.join(timeout=300)
    writing.set()
    for thread in others:
        thread.join(timeout=60)
    assert failures == []
    assert value(database, IS_CURRENT)
    assert deviating(database) == []
    database.execute("SELECT merge_digest(0)")
    assert value(database, "SELECT count(*) FROM analysis_digest") <= 2, "the large piece may stay by itself"
    assert deviating(database) == []


def test_what_no_trigger_saw_is_repaired_with_a_warning(database):
    fill(database)
    notices = []
    # Read at once: what a notice holds does not outlive its handler.
    database.add_notice_handler(lambda notice: notices.append(
        (notice.severity, notice.message_primary, notice.message_detail, notice.message_hint)))
    with database.transaction():
        database.execute("SET LOCAL session_replication_role = replica")
        database.execute("UPDATE projects SET category = 'Category 8' WHERE monday_id < 'P3'")
    assert [check["check_name"] for check in failed_checks(database)
            if check["check_name"].startswith("analysis_digest")] == ["analysis_digest_is_current"]
    database.execute("SELECT analyze_projects()")
    assert notices == [(
        "WARNING", "projects were changed while their triggers were off",
        "The digest of the projects was incomplete and has been repaired.",
        "Call pipeline_setup(), which also brings history up to date.")]
    assert value(database, IS_CURRENT)
    assert deviating(database) == []


def test_a_role_that_only_writes_projects_needs_the_digest(database):
    """Whoever is granted the rights of the poller can write; a role with the table alone is told what it lacks."""
    database.execute("CREATE ROLE digest_writer")
    try:
        database.execute("SELECT grant_pipeline_poller('digest_writer')")
        database.execute("SET ROLE digest_writer")
        database.execute("INSERT INTO projects (monday_id, item_name) VALUES ('p', 'P')")
        database.execute("SELECT analyze_project('p')")
        database.execute("SELECT analyze_projects()")
        assert [check["check_name"] for check in failed_checks(database)] in (
            [], ["latest_snapshot_is_fresh"])
        database.execute("RESET ROLE")
        database.execute("REVOKE ALL ON analysis_digest FROM digest_writer")
        database.execute("SET ROLE digest_writer")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="analysis_digest"):
            database.execute("INSERT INTO projects (monday_id, item_name) VALUES ('q', 'Q')")
    finally:
        database.execute("RESET ROLE")
        database.execute("DROP OWNED BY digest_writer")
        database.execute("DROP ROLE digest_writer")
