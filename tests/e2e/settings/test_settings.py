"""Settings as rows of a table: every session sees a change at once, and what was set the old way is not lost in silence."""

import psycopg
import pytest

from cluster import set_up, value

RETENTION = "SELECT pipeline_setting('snapshot_retention_days')"


def test_a_change_reaches_open_sessions_at_once(database):
    with database.database.connection() as other:
        assert value(other, RETENTION) == "730"
        assert value(other, "SELECT count(*) FROM vw_dim_date WHERE month = 4 AND fiscal_month = 1") == 0
        database.execute("SELECT configure_pipeline('{\"snapshot_retention_days\": 400, \"fiscal_year_start_month\": 4}')")
        assert value(other, RETENTION) == "400"
        assert value(other, "SELECT count(*) FROM vw_dim_date WHERE month = 4 AND fiscal_month = 1") > 0


def test_before_setup_the_defaults_hold(empty_database):
    connection = empty_database.connection()
    connection.execute("CREATE EXTENSION pipeline_forecast")
    assert value(connection, RETENTION) == "730"
    with pytest.raises(psycopg.errors.UndefinedObject):
        connection.execute("SELECT pipeline_setting('nonsense')")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        connection.execute("SELECT configure_pipeline('currency', 'EUR')")


def test_after_the_extension_was_dropped_a_default_does_not_stand_for_what_was_set(empty_database):
    connection = empty_database.connection()
    set_up(connection)
    connection.execute("SELECT configure_pipeline('snapshot_retention_days', '3650')")
    connection.execute("DROP EXTENSION pipeline_forecast CASCADE")
    connection.execute("CREATE EXTENSION pipeline_forecast")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as raised:
        connection.execute(RETENTION)
    assert raised.value.diag.message_hint == "Call pipeline_setup() to put back what reads it."
    connection.execute("SELECT pipeline_setup()")
    assert value(connection, RETENTION) == "3650"


def test_setup_takes_over_what_the_database_was_set_to(empty_database):
    def alter(setting, text):
        # In sessions of their own, that have not loaded the library: it reserves the prefix.
        with empty_database.connection() as session:
            session.execute(f"ALTER DATABASE {empty_database.name} SET pipeline_forecast.{setting} = '{text}'")

    alter("snapshot_retention_days", "3650")
    alter("currency", "EUR")
    alter("log_retention_days", "never")
    alter("colour", "blue")
    connection = empty_database.connection()
    said = []
    connection.add_notice_handler(lambda notice: said.append(notice.message_primary))
    set_up(connection)
    taken = connection.execute("SELECT name, value, set_by FROM pipeline_settings WHERE since IS NOT NULL ORDER BY 1").fetchall()
    assert [tuple(row.values()) for row in taken] == [
        ("currency", "EUR", "ALTER DATABASE"), ("snapshot_retention_days", "3650", "ALTER DATABASE")]
    assert [message for message in said if "taken over" in message] == [
        'pipeline_forecast.colour of this database was not taken over: unrecognized setting "colour"',
        'setting "currency" was taken over: it is a row of a table from now on',
        'pipeline_forecast.log_retention_days of this database was not taken over:'
        ' setting "log_retention_days" must not be "never"',
        'setting "snapshot_retention_days" was taken over: it is a row of a table from now on',
    ]

    # Once: what is set there later is ignored, and each session that asks for the setting is told.
    alter("currency", "GBP")
    connection.execute("SELECT pipeline_setup()")
    with empty_database.connection() as session:
        said = []
        session.add_notice_handler(lambda notice: said.append(notice.message_primary))
        assert value(session, "SELECT pipeline_setting('currency')") == "EUR"
        assert said == ["pipeline_forecast.currency is ignored: settings are rows of a table"]
    with empty_database.connection() as session:
        session.execute(f"ALTER DATABASE {empty_database.name} RESET pipeline_forecast.currency")


def test_a_setting_of_a_session_is_refused(database):
    database.execute("SELECT pipeline_cron_next('* * * * *', now())")  # loads the library
    with pytest.raises(psycopg.Error) as raised:
        database.execute("SET pipeline_forecast.snapshot_retention_days = 30")
    assert '"pipeline_forecast" is a reserved prefix' in raised.value.diag.message_detail
