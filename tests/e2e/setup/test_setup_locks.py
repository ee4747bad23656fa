"""pipeline_setup() beside open reports and writers: nobody waits for it, and it says whom it waits for."""

import threading
import time

import psycopg
import pytest

from cluster import fill, value

# Taken by everybody who reads or writes; nobody waits for somebody else's.
ORDINARY = {"AccessShareLock", "RowShareLock", "RowExclusiveLock"}


@pytest.fixture
def used(database):
    fill(database, projects=20)
    return database


@pytest.fixture
def report(used):
    """A view and a trigger are not what they should be, as after an update, and an open transaction has read both."""
    used.execute("COMMENT ON VIEW vw_dim_project IS 'Not what it should be.'")
    connection = used.database.connection(autocommit=False, application_name="open report")
    connection.execute("SELECT count(*) FROM vw_dim_project JOIN projects ON monday_id = project_id")
    yield connection
    connection.rollback()


def is_as_it_should_be(connection):
    return "Every project" in value(connection, "SELECT obj_description('vw_dim_project'::regclass, 'pg_class')")


def test_an_unchanged_database_is_not_locked(used):
    used.execute("BEGIN")
    made = value(used, "SELECT max(made_at) FROM setup_object")
    used.execute("SELECT pipeline_setup()")
    locks = used.execute(
        "SELECT DISTINCT l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
        "WHERE l.pid = pg_backend_pid() AND c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace)"
    ).fetchall()
    assert {row["mode"] for row in locks} <= ORDINARY
    assert value(used, "SELECT max(made_at) FROM setup_object") == made, "nothing was made anew"
    used.execute("COMMIT")


def test_with_nothing_to_change_it_does_not_wait(used):
    report = used.database.connection(autocommit=False)
    report.execute("SELECT count(*) FROM vw_dim_project JOIN projects ON monday_id = project_id")
    used.execute("SELECT pipeline_setup('0 s')")
    report.rollback()


def test_it_gives_up_and_names_who_holds_the_lock(used, report):
    notices = []
    used.add_notice_handler(lambda diag: notices.append(diag.message_primary))
    with pytest.raises(psycopg.errors.LockNotAvailable) as raised:
        used.execute("SELECT pipeline_setup('6 s')")
    diag = raised.value.diag
    assert diag.message_primary == "pipeline_setup() could not lock view pipeline.vw_dim_project within 00:00:06"
    assert f"process {report.info.backend_pid} of " in diag.message_detail
    assert "(open report)" in diag.message_detail and "SELECT count(*)" in diag.message_detail
    assert "Nothing was changed" in diag.message_hint
    assert len(notices) == 1, "and says so once when it begins to wait"
    assert str(report.info.backend_pid) in notices[0]
    assert not is_as_it_should_be(used)

    report.rollback()
    used.execute("SELECT pipeline_setup()")
    assert is_as_it_should_be(used)


def test_nobody_waits_behind_it(used, report):
    """While it waits for a report, writers and readers go on; when the report ends, it does what it has to."""
    done = []

    def set_up():
        with used.database.connection() as connection:
            connection.execute("SELECT pipeline_setup('1 minute')")
            done.append(time.monotonic())

    waiting = threading.Thread(target=set_up)
    waiting.start()
    slowest, end = 0.0, time.monotonic() + 3
    while time.monotonic() < end:
        begin = time.monotonic()
        used.execute("UPDATE projects SET account = 'Account 9' WHERE monday_id = 'P1'")
        used.execute("SELECT count(*) FROM vw_dim_project")
        slowest = max(slowest, time.monotonic() - begin)
    assert not done, "the report holds it up"
    assert slowest < 2, "and nobody else"
    report.rollback()
    waiting.join(timeout=60)
    assert done and is_as_it_should_be(used)


def test_two_at_once_take_turns(used):
    other = used.database.connection(autocommit=False)
    other.execute("SELECT pipeline_setup()")
    with pytest.raises(psycopg.errors.LockNotAvailable) as raised:
        used.execute("SELECT pipeline_setup('0 s')")
    assert "another pipeline_setup()" in raised.value.diag.message_primary
    assert str(other.info.backend_pid) in raised.value.diag.message_detail
    other.commit()
    used.execute("SELECT pipeline_setup('0 s')")


@pytest.mark.parametrize("lock_timeout", ["-1 s", None])
def test_a_timeout_has_to_be_one(used, lock_timeout):
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        used.execute("SELECT pipeline_setup(%s::interval)", [lock_timeout])
    assert "5 seconds" in raised.value.diag.message_hint


def test_what_somebody_changed_by_hand_comes_back(used):
    used.execute("CREATE OR REPLACE VIEW vw_dim_project AS SELECT * FROM project_dimension LIMIT 0")
    used.execute("ALTER TABLE projects DISABLE TRIGGER projects_digest_update")
    used.execute("CREATE OR REPLACE FUNCTION pipeline_data.refresh_view(view_name text, concurrently boolean) "
                 "RETURNS pipeline_refresh LANGUAGE sql AS 'SELECT NULL::pipeline_refresh'")
    used.execute("SELECT pipeline_setup()")
    assert value(used, "SELECT count(*) FROM vw_dim_project") == 20
    assert value(used, "SELECT tgenabled FROM pg_trigger WHERE tgname = 'projects_digest_update'") == "O"
    assert value(used, "SELECT lanname FROM pg_language l JOIN pg_proc p ON p.prolang = l.oid WHERE proname = 'refresh_view'") == "plpgsql"


def test_star_follows_what_lies_below(used):
    """A view with the same text is another one where its table has a new column."""
    differs = (
        "SELECT view_differs(object, statements) FROM setup_objects() WHERE object = 'view pipeline.vw_dim_project'"
    )
    assert not value(used, differs)
    used.execute("ALTER TABLE project_dimension ADD COLUMN site text")
    assert value(used, differs)
