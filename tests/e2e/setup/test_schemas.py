"""What is somebody else's stays as it is: objects of our names elsewhere, and schemas of our names."""

import psycopg
import pytest

from cluster import fill, value

# A dozen of our names, in the schema where a stranger's database has its own.
FOREIGN = """
CREATE TABLE public.projects (id integer PRIMARY KEY, pipeline_stage text);
INSERT INTO public.projects VALUES (1, 'theirs');
CREATE TABLE public.api_key (key text);
CREATE TABLE public.job_queue (job text);
CREATE TABLE public.pipeline_stage (stage text);
CREATE TABLE public.sync_log (line text);
CREATE MATERIALIZED VIEW public.conversion_metrics AS SELECT count(*) AS theirs FROM public.projects;
CREATE VIEW public.vw_dim_date AS SELECT current_date AS theirs;
CREATE VIEW public.vw_pipeline_forecast_project_v1 AS SELECT * FROM public.projects;
CREATE TYPE public.pipeline_refresh AS (theirs integer);
CREATE FUNCTION public.pipeline_today() RETURNS date LANGUAGE sql AS 'SELECT date ''1999-12-31''';
CREATE FUNCTION public.pipeline_setup() RETURNS integer LANGUAGE sql AS 'SELECT -1';
CREATE FUNCTION public.catch_up_history() RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''theirs''; END';
CREATE FUNCTION public.check_project_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''theirs''; END';
CREATE SCHEMA sales;
CREATE TABLE sales.projects (id integer);
CREATE VIEW sales.vw_dim_project AS SELECT * FROM sales.projects;
"""


def dump(cluster, name):
    """Of all that is not ours; the extension itself leaves no trace after its removal."""
    lines = cluster.run("pg_dump", name, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if not line.startswith("\\")]


@pytest.fixture
def strangers(empty_database):
    """A database as strangers have it, where nobody has a search_path of ours."""
    connection = empty_database.connection(options="-c search_path=public")
    for statement in FOREIGN.strip().split(";\n"):
        connection.execute(statement)
    connection.database = empty_database
    return connection


def test_a_strangers_objects_are_not_touched(strangers, cluster):
    name = strangers.database.name
    before = dump(cluster, name)
    strangers.execute("CREATE EXTENSION pipeline_forecast")
    assert value(strangers, "SELECT pipeline.pipeline_setup()") > 0
    with strangers.database.connection() as ours:
        fill(ours, projects=20)
        ours.execute("CALL refresh_pipeline_views()")
        ours.execute("SELECT create_pipeline_forecast_snapshot()")
        ours.execute("SELECT pipeline.pipeline_setup()")
        assert value(ours, "SELECT count(*) FROM pipeline.projects") == 20
    assert value(strangers, "SELECT pipeline_setup()") == -1, "their function has its name to itself"
    assert value(strangers, "SELECT theirs FROM conversion_metrics") == 1

    strangers.execute("DROP EXTENSION pipeline_forecast CASCADE")
    strangers.execute("DROP SCHEMA pipeline, pipeline_data CASCADE")
    assert dump(cluster, name) == before


def test_the_extension_lies_in_its_schemas_alone(database):
    elsewhere = database.execute(
        "SELECT pg_describe_object(d.classid, d.objid, 0) AS name FROM pg_depend d "
        "JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pipeline_forecast' "
        "CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) AS o "
        "WHERE d.deptype = 'e' AND coalesce(o.schema, o.name) NOT LIKE 'pipeline%'"
    ).fetchall()
    assert elsewhere == []
    left = value(
        database, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    ) + value(database, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    assert left == 0


@pytest.mark.parametrize(
    ("statements", "sqlstate", "named"),
    [
        (["CREATE SCHEMA pipeline_work"], "42P06", "pipeline_work"),
        (["CREATE SCHEMA pipeline_internal"], "42P06", "pipeline_internal"),
        (["CREATE SCHEMA pipeline", "CREATE TABLE pipeline.theirs (id integer)"], "55000", "theirs"),
        (["CREATE SCHEMA pipeline", "CREATE TYPE pipeline.theirs AS ENUM ('a')"], "55000", "theirs"),
    ],
)
def test_a_schema_of_somebody_else_is_refused(empty_database, cluster, statements, sqlstate, named):
    connection = empty_database.connection()
    for statement in statements:
        connection.execute(statement)
    before = dump(cluster, empty_database.name)
    with pytest.raises(psycopg.Error) as raised:
        connection.execute("CREATE EXTENSION pipeline_forecast")
    diag = raised.value.diag
    assert diag.sqlstate == sqlstate
    assert named in diag.message_primary + (diag.message_detail or "")
    assert diag.message_hint
    assert dump(cluster, empty_database.name) == before, "nothing has changed"


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE SCHEMA pipeline_data", "CREATE TABLE pipeline_data.theirs (id integer)"],
        ["CREATE SCHEMA pipeline_data", "CREATE FUNCTION pipeline_data.theirs() RETURNS integer LANGUAGE sql AS 'SELECT 1'"],
        ["CREATE VIEW pipeline.theirs AS SELECT 1 AS x"],
    ],
)
def test_objects_of_somebody_else_stop_the_setup(empty_database, cluster, statements):
    connection = empty_database.connection()
    connection.execute("CREATE EXTENSION pipeline_forecast")
    for statement in statements:
        connection.execute(statement)
    before = dump(cluster, empty_database.name)
    with pytest.raises(psycopg.Error) as raised:
        connection.execute("SELECT pipeline_setup()")
    diag = raised.value.diag
    assert diag.sqlstate == "55000"
    assert "theirs" in diag.message_detail
    assert "elsewhere" in diag.message_hint
    assert dump(cluster, empty_database.name) == before, "nothing has changed"


def test_empty_schemas_of_our_names_are_taken(empty_database):
    """As a DBA makes them beforehand, to give them an owner."""
    connection = empty_database.connection()
    connection.execute("CREATE SCHEMA pipeline")
    connection.execute("CREATE SCHEMA pipeline_data")
    connection.execute("CREATE EXTENSION pipeline_forecast")
    if value(connection, "SELECT to_regrole('pf_sales_owner') IS NULL"):
        connection.execute("CREATE ROLE pf_sales_owner LOGIN")
    connection.execute("SELECT grant_pipeline_owner('pf_sales_owner')")
    connection.execute("SET ROLE pf_sales_owner")
    assert value(connection, "SELECT pipeline_setup()") > 0
    connection.execute("RESET ROLE")
    connection.execute("DROP OWNED BY pf_sales_owner")


def test_a_schema_that_somebody_else_owns_is_refused_empty_as_it_is(empty_database):
    """Its owner could plant functions there, and drop what others have."""
    connection = empty_database.connection()
    role = f"squatter_{empty_database.name}"
    connection.execute(f"CREATE ROLE {role}")
    connection.execute(f"CREATE SCHEMA pipeline AUTHORIZATION {role}")
    with pytest.raises(psycopg.errors.DuplicateSchema) as raised:
        connection.execute("CREATE EXTENSION pipeline_forecast")
    assert role in raised.value.diag.message_detail and "OWNER TO CURRENT_USER" in raised.value.diag.message_hint
    connection.execute("ALTER SCHEMA pipeline OWNER TO CURRENT_USER")
    connection.execute("CREATE EXTENSION pipeline_forecast")
    connection.execute(f"CREATE SCHEMA pipeline_data AUTHORIZATION {role}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=role):
        connection.execute("SELECT pipeline.pipeline_setup()")
    connection.execute("DROP SCHEMA pipeline_data")
    connection.execute("SELECT pipeline.pipeline_setup()")
    connection.execute(f"DROP OWNED BY {role}")
    connection.execute(f"DROP ROLE {role}")
