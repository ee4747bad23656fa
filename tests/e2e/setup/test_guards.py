"""Errors inside the library, and how they leave the session: alive, usable, and no bigger than before."""

import pathlib
import threading

import psycopg
import pytest

from cluster import fill, value

MAPPING_ERROR = """SELECT plan_import('{"fields": {"project_id": "nowhere"}}', 'projects', '{id}', '{t}', 'public', 'pipeline_internal')"""

# What a user can provoke in the library itself, with the SQLSTATE that has to come back.
FAILURES = {
    "a mapping that names an unknown column": (MAPPING_ERROR, "42703"),
    "a mapping that is not JSON": ("SELECT plan_import('{', 'projects', '{id}', '{t}', 'public', 'pipeline_internal')", "22023"),
    "a mapping nested beyond reason": (
        "SELECT plan_import('{\"fields\": {\"project_id\": ' || repeat('[', 200000) || repeat(']', 200000) || '}}', "
        "'projects', '{id}', '{t}', 'public', 'pipeline_internal')",
        "22023",
    ),
    "a shift nested beyond reason": (
        """SELECT plan_import('{"fields": {"project_id": "id"}, "shift_to_today": ' || repeat('[', 200000) """
        "|| repeat(']', 200000) || '}', 'projects', '{id}', '{t}', 'public', 'pipeline_internal')",
        "22023",
    ),
    "a list of columns with a hole": (
        """SELECT plan_import('{"fields": {"project_id": "id"}}', 'projects', '{id,NULL}', '{t,t}', 'public', 'pipeline_internal')""",
        "22004",
    ),
    "an unknown kind of field": ("SELECT decode_field('colour', 'red', '')", "22023"),
    "an unknown bucket": ("SELECT pipeline_probability('Pending', NULL, 40, 0.5)", "22023"),
    "a value that is not a number": ("SELECT pipeline_contract_value('NaN', 1)", "22003"),
    "a value without end": ("SELECT pipeline_contract_value('Infinity', 1)", "22003"),
    "a value beyond the forecast's range": ("SELECT pipeline_contract_value(1e20, 1)", "22003"),
    "an invalid schedule": ("SELECT pipeline_cron_next('* * * *', now())", "22023"),
    "a moment without end": ("SELECT pipeline_cron_next('* * * * *', 'infinity')", "22008"),
    "an unknown setting": ("SELECT pipeline_setting('colour')", "42704"),
    "a row trigger called as a function": ("SELECT check_project_row()", "39P01"),
    "a sum beyond its range": ("SELECT pipeline_wape(1e40, 1)", "22003"),
    "a day before the calendar": ("INSERT INTO projects (monday_id, item_name, date_created) VALUES ('x', 'x', '1899-12-31')", "22008"),
    "an amount beyond the column": ("INSERT INTO projects (monday_id, item_name, total_order_value) VALUES ('x', 'x', 1e14)", "22003"),
    "an unknown project": ("SELECT * FROM explain_forecast('nowhere')", "P0002"),
}


def backend(connection):
    return value(connection, "SELECT pg_backend_pid()")


def usable(connection):
    return str(value(connection, "SELECT pipeline_expected_value('Open', 1000.05, NULL, NULL, 50, NULL)")) == "500.03"


@pytest.mark.parametrize("title", FAILURES)
def test_an_error_leaves_the_session_usable(database, title):
    statement, sqlstate = FAILURES[title]
    pid = backend(database)
    with pytest.raises(psycopg.Error) as raised:
        database.execute(statement)
    assert raised.value.sqlstate == sqlstate, str(raised.value)
    assert raised.value.diag.message_primary
    assert backend(database) == pid
    assert usable(database)


@pytest.mark.parametrize("title", [title for title in FAILURES if title != "a sum beyond its range"])
def test_an_error_inside_a_subtransaction_is_caught(database, title):
    statement, _ = FAILURES[title]
    pid = backend(database)
    database.execute("CREATE TABLE caught (sqlstate text)")
    database.execute(
        """
        CREATE FUNCTION attempt(statement text) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            FOR i IN 1..5 LOOP
                BEGIN
                    EXECUTE statement;
                EXCEPTION WHEN OTHERS THEN
                    INSERT INTO caught VALUES (SQLSTATE);
                END;
            END LOOP;
        END $$
        """
    )
    database.execute("SELECT attempt(%s)", [statement])
    assert value(database, "SELECT count(*) FROM caught WHERE sqlstate <> 'XX000'") == 5
    assert backend(database) == pid
    assert usable(database)


def resident_kilobytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


@pytest.mark.parametrize(
    "statement",
    [MAPPING_ERROR, FAILURES["an invalid schedule"][0], FAILURES["an unknown bucket"][0],
     FAILURES["an unknown kind of field"][0], FAILURES["a list of columns with a hole"][0],
     FAILURES["an amount beyond the column"][0], FAILURES["a value beyond the forecast's range"][0]],
)
def test_thousands_of_failures_do_not_grow_the_session(database, statement):
    database.execute(
        """
        CREATE FUNCTION attempt(statement text, times integer) RETURNS integer LANGUAGE plpgsql AS $$
        DECLARE failures integer := 0;
        BEGIN
            FOR i IN 1..times LOOP
                BEGIN
                    EXECUTE statement;
                EXCEPTION WHEN OTHERS THEN
                    failures := failures + 1;
                END;
            END LOOP;
            RETURN failures;
        END $$
        """
    )
    pid = backend(database)
    # What the session keeps for good (caches, the library itself) is there after the first thousand.
    assert value(database, "SELECT attempt(%s, 1000)", [statement]) == 1000
    before = resident_kilobytes(pid)
    for _ in range(5):
        assert value(database, "SELECT attempt(%s, 2000)", [statement]) == 2000
    growth = resident_kilobytes(pid) - before
    # 10,000 calls that each lost as little as a short text would lose more.
    assert growth < 1024, f"{growth} kB in 10,000 failing calls"
    assert usable(database)


def cancelled(database, query):
    """Runs the query in a thread and cancels it as soon as the server works on it."""
    with database.database.connection() as worker:
        pid = backend(worker)
        outcome = []

        def run():
            try:
                worker.execute(query).fetchall()
                outcome.append("finished")
            except psycopg.Error as error:
                outcome.append(error.sqlstate)

        thread = threading.Thread(target=run)
        thread.start()
        while thread.is_alive():
            database.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = %s AND state = 'active' "
                "AND query_start < clock_timestamp() - interval '50 milliseconds'",
                [pid],
            )
            thread.join(0.05)
        assert backend(worker) == pid, "the session survives"
        assert usable(worker)
        return outcome[0]


LONG_READS = [
    "SELECT sum(v.expected_value + v.best_case_value) FROM vw_pipeline_forecast_project_v1 v, generate_series(1, 100000)",
    "SELECT (pipeline_forecast_totals('Open', n, n, NULL, 40, 0.5, 0.5, 0.1)).expected_value "
    "FROM generate_series(1, 1000000000) AS n",
    "SELECT sum(v.best_case_value + n) FROM pipeline_forecast_as_of(now()) v, generate_series(1, 100000) AS n",
    "SELECT count(decode_field('money', '£1,234.50', '')) FROM generate_series(1, 1000000000)",
    "SELECT max(pipeline_cron_next('0 0 30 2 *', now() + make_interval(days => n))) FROM generate_series(1, 100000000) AS n",
]


@pytest.mark.parametrize("query", LONG_READS)
def test_a_long_read_can_be_cancelled(database, query):
    fill(database, 2000)
    assert cancelled(database, query) == "57014"
