"""The oldest released version, used and then updated, ends as a fresh install of today's version would."""

import psycopg
import pytest

from cluster import failed_checks, fill, set_up, value

FUNCTIONS = """
    SELECT p.oid::regprocedure::text AS name, pg_get_function_arguments(p.oid) AS arguments,
           pg_get_function_result(p.oid) AS result, l.lanname, p.prokind, p.provolatile, p.proparallel, p.proisstrict,
           p.prosecdef, p.proconfig, p.proacl::text AS rights, md5(p.prosrc) AS source, p.probin,
           obj_description(p.oid, 'pg_proc') AS comment,
           EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                   WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
                     AND e.extname = 'pipeline_forecast') AS is_member
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace IN ('pipeline'::regnamespace, 'pipeline_work'::regnamespace, 'pipeline_internal'::regnamespace, 'pipeline_data'::regnamespace) ORDER BY 1
"""
RELATIONS = """
    SELECT c.relname, c.relkind, c.relpersistence, c.reloptions, c.relacl::text AS rights,
           pg_get_partkeydef(c.oid) AS partitioning, pg_get_expr(c.relpartbound, c.oid) AS bound,
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition,
           obj_description(c.oid, 'pg_class') AS comment
    FROM pg_class c
    WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'c')
      AND c.relname NOT LIKE 'pipeline\\_forecast\\_snapshot\\_y%' ORDER BY 1
"""
COLUMNS = """
    SELECT c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.attidentity,
           a.attgenerated, pg_get_expr(d.adbin, d.adrelid) AS expression, k.collname,
           col_description(c.oid, a.attnum) AS comment
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    LEFT JOIN pg_collation k ON k.oid = a.attcollation
    WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'c') AND a.attnum > 0
      AND NOT a.attisdropped AND c.relname NOT LIKE 'pipeline\\_forecast\\_snapshot\\_y%'
    ORDER BY 1, 3
"""
INDEXES = """
    SELECT tablename, indexname, indexdef FROM pg_indexes
    WHERE schemaname IN ('pipeline', 'pipeline_data') AND tablename NOT LIKE 'pipeline\\_forecast\\_snapshot\\_y%' ORDER BY 1, 2
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text AS relation, conname, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE connamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace)
      AND conrelid::regclass::text NOT LIKE 'pipeline\\_forecast\\_snapshot\\_y%' ORDER BY 1, 2
"""
TRIGGERS = """
    SELECT tgrelid::regclass::text AS relation, tgname, pg_get_triggerdef(oid) AS definition, tgenabled
    FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2
"""
CATALOG = {
    "functions": FUNCTIONS,
    "relations": RELATIONS,
    "columns": COLUMNS,
    "indexes": INDEXES,
    "constraints": CONSTRAINTS,
    "triggers": TRIGGERS,
}


def oldest(connection):
    return value(
        connection,
        "SELECT version FROM pg_available_extension_versions WHERE name = 'pipeline_forecast' "
        "ORDER BY string_to_array(version, '.')::integer[] LIMIT 1",
    )


def newest(connection):
    return value(
        connection, "SELECT default_version FROM pg_available_extensions WHERE name = 'pipeline_forecast'"
    )


@pytest.fixture
def updated(empty_database):
    connection = empty_database.connection()
    connection.execute(f"CREATE EXTENSION pipeline_forecast VERSION '{oldest(connection)}'")
    connection.execute("SELECT pipeline_setup()")
    fill(connection)
    connection.execute("SELECT create_pipeline_forecast_snapshot()")
    connection.execute("SELECT refresh_conversion_views()")
    before = connection.execute("SELECT project_id, expected_value FROM vw_pipeline_forecast_project_v1 ORDER BY 1")
    connection.before = before.fetchall()
    connection.execute("ALTER EXTENSION pipeline_forecast UPDATE")
    connection.execute("SELECT pipeline_setup()")
    return connection


def test_there_is_a_way_from_every_version(empty_database):
    connection = empty_database.connection()
    stranded = connection.execute(
        "SELECT p.source FROM pg_extension_update_paths('pipeline_forecast') p WHERE p.target = %s AND p.path IS NULL",
        [newest(connection)],
    ).fetchall()
    assert stranded == []


def test_the_catalog_is_that_of_a_fresh_install(updated, cluster):
    name = updated.info.dbname + "_fresh"
    cluster.create_database(name)
    try:
        with cluster.connect(name) as fresh:
            set_up(fresh)
            for title, query in CATALOG.items():
                expected = fresh.execute(query).fetchall()
                assert expected, f"there are {title} to compare"
                assert updated.execute(query).fetchall() == expected, title
    finally:
        cluster.drop_database(name)


def test_it_works_with_the_data_of_the_old_version(updated):
    assert value(updated, "SELECT extversion FROM pg_extension WHERE extname = 'pipeline_forecast'") == newest(updated)
    after = updated.execute("SELECT project_id, expected_value FROM vw_pipeline_forecast_project_v1 ORDER BY 1")
    assert after.fetchall() == updated.before, "the rules have not changed"
    updated.execute("CALL refresh_pipeline_views()")
    updated.execute("UPDATE projects SET account = 'Account 999' WHERE monday_id = 'P1'")
    assert value(updated, "SELECT create_pipeline_forecast_snapshot()") > 0
    assert failed_checks(updated) == []


def test_another_layout_is_refused_with_a_way_out(database):
    current = value(database, "SELECT max(version) FROM pipeline_schema_version")
    database.execute("UPDATE pipeline_schema_version SET version = 99 WHERE version = %s", [current])
    for statement in ("SELECT create_pipeline_forecast_snapshot()", "SELECT pipeline_setup()"):
        with pytest.raises(psycopg.Error) as raised:
            database.execute(statement)
        assert raised.value.sqlstate == "55000", statement
        assert "ALTER EXTENSION pipeline_forecast UPDATE" in raised.value.diag.message_hint, statement
    database.execute("UPDATE pipeline_schema_version SET version = 0 WHERE version = 99")
    with pytest.raises(psycopg.Error) as raised:
        database.execute("SELECT create_pipeline_forecast_snapshot()")
    assert raised.value.sqlstate == "55000"
    assert "pipeline_setup()" in raised.value.diag.message_hint
