"""What a BI tool asks of the database, as the role of a reader: the catalog queries and query shapes that Power BI sends
(aliases and literals included), what the planner makes of them, and the types and values that its driver can read."""

import re
import subprocess

import psycopg
import pyodbc
import pytest

from cluster import Cluster, as_server, fill, value

READER, PASSWORD = "bi_reader", "read-only"
REPORTS = [
    "outlook_project_month", "pipeline_forecast_snapshot", "vw_analysis_current", "vw_bookings_monthly", "vw_calibration", "vw_dim_date", "vw_dim_project", "vw_dim_project_of_day",
    "vw_dim_snapshot_date", "vw_enquiries_monthly", "vw_forecast_accuracy", "vw_forecast_backlog", "vw_forecast_explanation_v1",
    "vw_forecast_history", "vw_forecast_latest", "vw_forecast_origin", "vw_forecast_past_due", "vw_forecast_quality", "vw_forecast_quality_projects",
    "vw_forecast_quality_verdict", "vw_forecast_scope", "vw_forecast_slippage", "vw_forecast_waterfall", "vw_invoices",
    "vw_outlook_accuracy", "vw_outlook_factor", "vw_outlook_monthly", "vw_outlook_project", "vw_outlook_project_month",
    "vw_outlook_record", "vw_outlook_run",
    "vw_pipeline_forecast_monthly_12m_v1",
    "vw_pipeline_forecast_project_v1", "vw_revenue_monthly", "vw_stage_velocity", "vw_stages_without_rule",
]
# Columns of the published contract whose types Power BI reads as the machine's local time or as text; reports have views
# without them.
NOT_FOR_THE_MODEL = {
    "pipeline_forecast_snapshot": {"analysis_timestamp", "created_at"},
    "vw_pipeline_forecast_project_v1": {"project_uuid", "analysis_timestamp"},
    "vw_outlook_factor": {"as_of"},
    "vw_outlook_monthly": {"as_of"},
    "vw_outlook_project": {"as_of", "months"},
    "vw_outlook_project_month": {"as_of"},
    "vw_outlook_record": {"as_of", "judged_as_of"},
    "vw_outlook_run": {"as_of", "created_at", "known_from", "settings"},
}
READABLE_TYPES = {
    "integer", "bigint", "smallint", "numeric", "double precision", "text", "boolean", "date", "timestamp without time zone",
}


@pytest.fixture(scope="module")
def owner(cluster):
    """Projects, invoices and eight snapshots, two in each of four months."""
    name = "bi_contract"
    cluster.create_set_up_database(name)
    with cluster.connect(name) as connection:
        fill(connection)
        connection.execute("""
            SELECT create_pipeline_forecast_snapshot(
                (pipeline_forecast_month(pipeline_today()) - make_interval(months => m))::date - d, true)
            FROM generate_series(0, 3) AS m, unnest(ARRAY[1, 12]) AS d""")
        connection.execute("""
            INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced)
            SELECT 'S' || n, 'Invoice', 'P' || n, pipeline_today() - n, n * 70.07 - 300 FROM generate_series(1, 150) AS n""")
        connection.execute("""
            INSERT INTO projects (monday_id, item_name, account, type, category, product_type, pipeline_stage, new_enquiry_value, expected_start_date)
            VALUES ('V1', 'Halle Nord', 'Account 000', 'Type 0', 'Category 0', 'Product 0', 'Verhandlung', 12000, pipeline_today()),
                   ('V2', 'Halle Ost', 'Account 001', 'Type 0', 'Category 0', 'Product 0', 'Verhandlung', 9000, pipeline_today())""")
        connection.execute("UPDATE projects SET date_order_received = date_created WHERE pipeline_stage LIKE 'Won%'")
        # Dates that slipped: what was known three months ago said another one.
        connection.execute("UPDATE project_history SET valid_from = valid_from - interval '100 days' WHERE valid_to IS NULL")
        connection.execute("UPDATE projects SET expected_start_date = expected_start_date + 45 WHERE monday_id LIKE 'P%4'")
        connection.execute("UPDATE projects SET date_order_received = pipeline_today() WHERE monday_id = 'V2'")
        connection.execute("CALL replay_outlook(pipeline_today() - 90, pipeline_today())")
        connection.execute("SELECT fit_outlook()")
        connection.execute("CALL refresh_pipeline_views()")
        connection.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'")
        connection.execute("SELECT grant_forecast_reader(%s)", [READER])
        connection.execute("VACUUM (ANALYZE)")
        yield connection
        connection.execute(f"DROP OWNED BY {READER}")
        connection.execute(f"DROP ROLE {READER}")
    cluster.drop_database(name)


@pytest.fixture
def reader(owner, cluster):
    with psycopg.connect(host=str(cluster.home), port=cluster.port, user=READER, dbname="bi_contract", autocommit=True) as connection:
        yield connection


def plan(connection, query):
    return "\n".join(line for (line,) in connection.execute("EXPLAIN (VERBOSE, COSTS OFF) " + query).fetchall())


def partitions(text):
    return set(re.findall(r" on pipeline(?:_data)?\.pipeline_forecast_snapshot_(y\d{4}m\d{2}) ", text))


def month(owner, ago):
    """First days of a month and of the next one."""
    row = owner.execute("""
        SELECT (pipeline_forecast_month(pipeline_today()) - make_interval(months => %(n)s))::date AS first,
               (pipeline_forecast_month(pipeline_today()) - make_interval(months => %(n)s - 1))::date AS next""", {"n": ago}).fetchone()
    return row["first"], row["next"]


# The catalog.


def test_the_driver_loads_types(reader):
    """One batch, as the driver sends it when it connects; then what the connector asks."""
    with reader.cursor() as cursor:
        cursor.execute("""
            SELECT ns.nspname, a.typname, a.oid, a.typrelid, a.typbasetype,
                   CASE WHEN pg_proc.proname='array_recv' THEN 'a' ELSE a.typtype END AS type,
                   CASE WHEN pg_proc.proname='array_recv' THEN a.typelem WHEN a.typtype='r' THEN rngsubtype ELSE 0 END AS elemoid,
                   CASE WHEN pg_proc.proname IN ('array_recv','oidvectorrecv') THEN 3 WHEN a.typtype='r' THEN 2
                        WHEN a.typtype='d' THEN 1 ELSE 0 END AS ord
            FROM pg_type AS a
            JOIN pg_namespace AS ns ON (ns.oid = a.typnamespace)
            JOIN pg_proc ON pg_proc.oid = a.typreceive
            LEFT OUTER JOIN pg_class AS cls ON (cls.oid = a.typrelid)
            LEFT OUTER JOIN pg_type AS b ON (b.oid = a.typelem)
            LEFT OUTER JOIN pg_class AS elemcls ON (elemcls.oid = b.typrelid)
            LEFT OUTER JOIN pg_range ON (pg_range.rngtypid = a.oid)
            WHERE a.typtype IN ('b', 'r', 'e', 'd') OR (a.typtype = 'c' AND cls.relkind='c')
               OR (pg_proc.proname='array_recv' AND (b.typtype IN ('b', 'r', 'e', 'd') OR (b.typtype = 'c' AND elemcls.relkind='c')))
            ORDER BY ord;
            SELECT typ.oid, att.attname, att.atttypid
            FROM pg_type AS typ
            JOIN pg_namespace AS ns ON (ns.oid = typ.typnamespace)
            JOIN pg_class AS cls ON (cls.oid = typ.typrelid)
            JOIN pg_attribute AS att ON (att.attrelid = typ.typrelid)
            WHERE (typ.typtype = 'c' AND cls.relkind='c') AND attnum > 0 AND NOT attisdropped
            ORDER BY typ.typname, att.attnum;
            SELECT pg_type.oid, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid=enumtypid ORDER BY oid, enumsortorder;""")
        sizes = [len(cursor.fetchall())]
        while cursor.nextset():
            sizes.append(len(cursor.fetchall()))
    assert len(sizes) == 3 and sizes[0] > 100
    assert reader.execute("select character_set_name from INFORMATION_SCHEMA.character_sets").fetchall() == [("UTF8",)]


def test_the_navigator_lists_the_reports_alone(reader):
    assert reader.execute("""
        select TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE
        from INFORMATION_SCHEMA.tables
        where TABLE_SCHEMA not in ('information_schema', 'pg_catalog')
        order by TABLE_SCHEMA, TABLE_NAME""").fetchall() == [
            ("pipeline", name, "BASE TABLE" if name == "pipeline_forecast_snapshot" else "VIEW") for name in REPORTS]


@pytest.mark.parametrize("name", REPORTS)
def test_columns_have_types_that_the_model_knows(reader, name):
    columns = reader.execute(f"""
        select COLUMN_NAME, ORDINAL_POSITION, IS_NULLABLE, case when (data_type like '%unsigned%') then DATA_TYPE || ' unsigned' else DATA_TYPE end as DATA_TYPE
        from INFORMATION_SCHEMA.columns
        where TABLE_SCHEMA = 'pipeline' and TABLE_NAME = '{name}'
        order by TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION""").fetchall()
    assert columns
    assert {row[0] for row in columns if row[3] not in READABLE_TYPES} == NOT_FOR_THE_MODEL.get(name, set())


def test_keys_are_visible(reader):
    assert reader.execute("""
        select i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME as INDEX_NAME, ii.COLUMN_NAME, ii.ORDINAL_POSITION, case when i.CONSTRAINT_TYPE = 'PRIMARY KEY' then 'Y' else 'N' end as PRIMARY_KEY
        from INFORMATION_SCHEMA.table_constraints i inner join INFORMATION_SCHEMA.key_column_usage ii on i.CONSTRAINT_SCHEMA = ii.CONSTRAINT_SCHEMA and i.CONSTRAINT_NAME = ii.CONSTRAINT_NAME and i.TABLE_SCHEMA = ii.TABLE_SCHEMA and i.TABLE_NAME = ii.TABLE_NAME
        where i.TABLE_SCHEMA = 'pipeline' and i.TABLE_NAME = 'pipeline_forecast_snapshot'
        and i.CONSTRAINT_TYPE in ('PRIMARY KEY', 'UNIQUE')
        order by i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME, ii.TABLE_SCHEMA, ii.TABLE_NAME, ii.ORDINAL_POSITION""").fetchall() == [
            ("pipeline_pipeline_forecast_snapshot_pkey", column, position, "Y")
            for position, column in enumerate(("snapshot_date", "project_id", "forecast_month"), 1)]


@pytest.mark.parametrize("end", ["pkcol", "fkcol"])
def test_foreign_keys_are_asked_for_on_both_ends(reader, end):
    """There are none: views have no keys, and snapshots outlive their projects."""
    for name in REPORTS:
        assert reader.execute(f"""
            select pkcol.TABLE_SCHEMA AS PK_TABLE_SCHEMA, pkcol.TABLE_NAME AS PK_TABLE_NAME, pkcol.COLUMN_NAME as PK_COLUMN_NAME, fkcol.COLUMN_NAME as FK_COLUMN_NAME, fkcol.ORDINAL_POSITION as ORDINAL,
              fkcon.CONSTRAINT_SCHEMA || '_' || '{name}' || '_' || pkcol.TABLE_NAME || '_' || fkcon.CONSTRAINT_NAME as FK_NAME
            from (select distinct constraint_catalog, constraint_schema, unique_constraint_schema, constraint_name, unique_constraint_name from INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS) fkcon
            inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE fkcol on fkcon.CONSTRAINT_SCHEMA = fkcol.CONSTRAINT_SCHEMA and fkcon.CONSTRAINT_NAME = fkcol.CONSTRAINT_NAME
            inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE pkcol on fkcon.UNIQUE_CONSTRAINT_SCHEMA = pkcol.CONSTRAINT_SCHEMA and fkcon.UNIQUE_CONSTRAINT_NAME = pkcol.CONSTRAINT_NAME
            where {end}.TABLE_SCHEMA = 'pipeline' and {end}.TABLE_NAME = '{name}' and pkcol.ORDINAL_POSITION = fkcol.ORDINAL_POSITION
            order by FK_NAME, fkcol.ORDINAL_POSITION""").fetchall() == []


# The queries.


def columns_of(reader, name):
    return [row[0] for row in reader.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position", [name]).fetchall()]


@pytest.mark.parametrize("name", REPORTS)
def test_import_reads_a_whole_table_and_its_preview(reader, owner, name):
    columns = columns_of(reader, name)
    listed = ", ".join(f'"$Table"."{column}" as "{column}"' for column in columns)
    cursor = reader.execute(f'select {listed} from "pipeline"."{name}" "$Table"')
    assert [column.name for column in cursor.description] == columns
    assert len(cursor.fetchall()) == value(owner, f"SELECT count(*) FROM {name}") > 0
    preview = reader.execute(f'select "$Table"."{columns[0]}" as "{columns[0]}" from ( select * from {name} ) "$Table" limit 1000')
    assert 0 < len(preview.fetchall()) <= 1000
    assert len(reader.execute(f"select * from (select * from {name}) _ limit 1").fetchall()) == 1


@pytest.mark.parametrize("condition", [
    '"_"."forecast_month" = timestamp \'{first} 00:00:00\' and "_"."forecast_month" is not null',
    '("_"."stage_bucket" <> \'Lost\' or "_"."stage_bucket" is null)',
    '"_"."expected_value" between 10 and 100000',
    '"_"."stage_bucket" in (\'Open\',\'Committed\')',
    'lower("_"."stage_bucket") = \'open\'',
])
def test_filter_steps_fold(reader, owner, condition):
    first, _ = month(owner, 0)
    rows = reader.execute(f"""
        select "_"."project_id" as "project_id", "_"."forecast_month" as "forecast_month", replace("_"."stage_bucket", 'a', 'b') as "t0_0"
        from ( select * from vw_forecast_history ) "_"
        where {condition.format(first=first)} limit 1000""").fetchall()
    assert rows


AGGREGATE = """
    select "_"."stage_bucket", "_"."a0"
    from ( select "rows"."stage_bucket" as "stage_bucket", sum("rows"."expected_value") as "a0"
           from ( select "_"."snapshot_date", "_"."stage_bucket", "_"."expected_value"
                  from ( select "snapshot_date", "stage_bucket", "expected_value" from "pipeline"."vw_forecast_history" "$Table" ) "_"
                  where ({range}) and ("_"."stage_bucket" in ('Open', 'Committed')) ) "rows"
           group by "stage_bucket" ) "_"
    where not "_"."a0" is null
    limit 1000001"""
RANGES = {
    "date, upper bound first": '"_"."snapshot_date" < date \'{next}\' and "_"."snapshot_date" >= date \'{first}\'',
    "date, lower bound first": '"_"."snapshot_date" >= date \'{first}\' and "_"."snapshot_date" < date \'{next}\'',
    "timestamp, upper bound first": '"_"."snapshot_date" < timestamp \'{next} 00:00:00\' and "_"."snapshot_date" >= timestamp \'{first} 00:00:00\'',
    "timestamp, lower bound first": '"_"."snapshot_date" >= timestamp \'{first} 00:00:00\' and "_"."snapshot_date" < timestamp \'{next} 00:00:00\'',
}


@pytest.mark.parametrize("form", RANGES)
def test_a_range_of_snapshots_reaches_its_partition_alone(reader, owner, form):
    first, next_month = month(owner, 2)
    query = AGGREGATE.format(range=RANGES[form].format(first=first, next=next_month))
    expected = owner.execute("""
        SELECT stage_bucket, sum(expected_value) AS a0 FROM pipeline_forecast_snapshot
        WHERE snapshot_date >= %s AND snapshot_date < %s AND stage_bucket IN ('Open', 'Committed') GROUP BY 1 ORDER BY 1""",
        [first, next_month]).fetchall()
    assert sorted(reader.execute(query).fetchall()) == [tuple(row.values()) for row in expected] != []
    text = plan(reader, query)
    assert partitions(text) == {f"{first:y%Ym%m}"}, text
    reader.execute("SET enable_seqscan = off")
    assert re.search(r"Index Cond: .*snapshot_date", plan(reader, query)), "the key of the partition serves the range"


def test_the_latest_snapshot_reads_one_partition_by_its_key(reader, owner):
    query = """
        select "_"."stage_bucket", "_"."a0"
        from ( select "rows"."stage_bucket" as "stage_bucket", sum("rows"."expected_value") as "a0"
               from ( select "stage_bucket", "expected_value" from "pipeline"."vw_forecast_latest" "$Table" ) "rows"
               group by "stage_bucket" ) "_"
        where not "_"."a0" is null limit 1000001"""
    expected = owner.execute("""
        SELECT stage_bucket, sum(expected_value) AS a0 FROM pipeline_forecast_snapshot
        WHERE snapshot_date = (SELECT max(snapshot_date) FROM pipeline_forecast_snapshot) GROUP BY 1 ORDER BY 1""").fetchall()
    assert sorted(reader.execute(query).fetchall()) == [tuple(row.values()) for row in expected] != []
    text = plan(reader, query)
    assert re.search(r"Subplans Removed: [1-9]", text) and len(partitions(text)) == 1, text
    assert "Index Cond" in text and "Seq Scan" not in text, text


def test_what_is_not_asked_for_is_not_read(reader):
    assert "pipeline_forecast_snapshot_day" not in plan(reader, 'select sum("expected_value") from "pipeline"."vw_forecast_history"')
    assert "pipeline_forecast_snapshot_day" in plan(reader, 'select max("loaded_at") from "pipeline"."vw_forecast_history"')
    assert "project_history" not in plan(reader, "select \"account\" from \"pipeline\".\"vw_pipeline_forecast_project_v1\" where \"project_id\" = 'P1'")


def test_facts_can_be_read_in_parallel(reader):
    for name in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
        reader.execute(f"SET {name} = 0")
    assert "Parallel" in plan(reader, 'select sum("expected_value") from "pipeline"."vw_forecast_history"')


def test_a_slicer_reads_the_narrow_table_alone(reader):
    text = plan(reader, 'select "category" from "pipeline"."vw_dim_project" group by "category" order by "category" limit 501')
    assert set(re.findall(r" on pipeline(?:_data)?\.(\w+)", text)) == {"project_dimension"}, text


def test_slicers_and_sorted_visuals(reader):
    assert reader.execute("""
        select "_"."account" from ( select "rows"."account" as "account"
            from ( select "account" from "pipeline"."vw_dim_project" "$Table" ) "rows" group by "account" ) "_"
        order by "_"."account" limit 501""").fetchall() == [(f"Account {n:03}",) for n in range(7)]
    rows = reader.execute("""
        select "_"."forecast_month", "_"."a0",
               case when "_"."o0" is not null then "_"."o0" else timestamp '1899-12-28 00:00:00' end as "t0_0",
               case when "_"."o0" is null then 0 else 1 end as "t1_0"
        from ( select "rows"."forecast_month" as "forecast_month", "rows"."forecast_month" as "o0", sum("rows"."expected_value") as "a0", 1 as "c0"
               from ( select * from "pipeline"."vw_forecast_latest" "$Table" ) "rows" group by "forecast_month" ) "_"
        order by "t0_0", "t1_0" limit 501""").fetchall()
    assert rows and [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert reader.execute("""
        select "rows"."horizon"::text as "c3" from "pipeline"."vw_forecast_accuracy" "rows" group by "horizon"::text limit 1000 offset 0""").fetchall()


def test_facts_meet_their_dimensions(reader, owner):
    first, next_month = month(owner, 1)
    rows = reader.execute(f"""
        select "_"."category", "_"."a0"
        from ( select "rows"."category" as "category", sum("rows"."expected_value") as "a0"
               from ( select "$Outer"."expected_value", "$Inner"."category"
                      from ( select "_"."project_id", "_"."expected_value" from "pipeline"."vw_forecast_history" "_"
                             where "_"."snapshot_date" < date '{next_month}' and "_"."snapshot_date" >= date '{first}' ) "$Outer"
                      left outer join "pipeline"."vw_dim_project" "$Inner" on ("$Outer"."project_id" = "$Inner"."project_id") ) "rows"
               group by "category" ) "_"
        where not "_"."a0" is null limit 1000001""").fetchall()
    assert sum(row[1] for row in rows) == value(owner, "SELECT sum(expected_value) FROM pipeline_forecast_snapshot WHERE snapshot_date >= %s "
                                                       "AND snapshot_date < %s", [first, next_month])


def test_changes_of_a_month_are_found_by_its_newest_load(reader, owner):
    first, next_month = month(owner, 1)
    newest = 'select max("rows"."loaded_at") as "a0" from ( select "_"."loaded_at" from "pipeline"."vw_forecast_history" "_" ' \
             f'where "_"."snapshot_date" >= date \'{first}\' and "_"."snapshot_date" < date \'{next_month}\' ) "rows"'
    (before,) = reader.execute(newest).fetchone()
    (again,) = reader.execute(newest).fetchone()
    assert before == again
    owner.execute("SELECT create_pipeline_forecast_snapshot(%s - 1, true)", [next_month])
    assert reader.execute(newest).fetchone()[0] > before


# What the driver can hold.


@pytest.mark.parametrize("name", REPORTS)
def test_every_value_fits_the_driver(reader, name):
    types = dict(reader.execute("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", [name]).fetchall())
    for column, kind in types.items():
        if kind == "numeric":
            bad = "NOT (scale(x) <= 10 AND length(trunc(abs(x))::text) + scale(x) <= 28 AND x <> 'NaN' AND x < 'infinity')"
        elif kind in ("date", "timestamp without time zone"):
            bad = "NOT isfinite(x) OR x < '1900-01-01'"
        elif kind == "double precision":
            bad = "x IN ('NaN', 'infinity', '-infinity')"
        elif kind == "text":
            bad = "length(x) > 32000 OR x <> rtrim(x)"
        else:
            continue
        assert reader.execute(f'SELECT count(*) FROM (SELECT "{column}" AS x FROM {name}) v WHERE {bad}').fetchone() == (0,), column


def test_a_pooled_connection_is_reset_and_keeps_the_roles_limits(owner, cluster):
    owner.execute(f"ALTER ROLE {READER} SET statement_timeout = '3min'")
    with psycopg.connect(host=str(cluster.home), port=cluster.port, user=READER, dbname="bi_contract", autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("DISCARD ALL")
        assert connection.execute("SHOW statement_timeout").fetchone() == ("3min",)
        assert connection.execute('select count(*) from "pipeline"."vw_forecast_latest"').fetchone()[0] > 0


def test_a_client_of_tls_1_2_connects(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                    "-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"], check=True, capture_output=True)
    server = Cluster()
    try:
        data = server.home / "data"
        for name in ("key.pem", "certificate.pem"):
            subprocess.run(as_server(["sh", "-c", 'umask 077; cat >"$1"', "sh", data / name]), check=True, cwd="/",
                           input=(tmp_path / name).read_bytes())
        with server.connect("postgres") as connection:
            connection.execute("ALTER SYSTEM SET ssl_cert_file = 'certificate.pem'")
            connection.execute("ALTER SYSTEM SET ssl_key_file = 'key.pem'")
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'")
        with psycopg.connect(host="127.0.0.1", port=server.port, user=READER, password=PASSWORD, dbname="postgres", sslmode="require",
                             ssl_max_protocol_version="TLSv1.2", autocommit=True) as connection:
            assert connection.execute("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == ("TLSv1.2",)
    finally:
        server.destroy()


# Another path of BI tools: ODBC.


@pytest.fixture
def odbc(owner, cluster):
    connection = pyodbc.connect(f"DRIVER={{PostgreSQL Unicode}};SERVER=127.0.0.1;PORT={cluster.port};DATABASE=bi_contract;"
                                f"UID={READER};PWD={PASSWORD}", autocommit=True)
    yield connection
    connection.close()


def test_odbc_lists_the_views_and_their_columns(odbc, reader):
    cursor = odbc.cursor()
    views = {row.table_name for row in cursor.tables(schema="pipeline", tableType="VIEW")}
    assert views >= {name for name in REPORTS if name.startswith("vw_")}
    for name in sorted(views & set(REPORTS)):
        assert [row.column_name for row in cursor.columns(schema="pipeline", table=name)] == columns_of(reader, name)


@pytest.mark.parametrize("name", REPORTS)
def test_odbc_reads_what_psql_reads(odbc, reader, name):
    columns = [column for column in columns_of(reader, name) if column not in NOT_FOR_THE_MODEL.get(name, set())]
    listed = ", ".join(f'"{column}"' for column in columns)
    query = f'SELECT {listed} FROM "pipeline"."{name}" ORDER BY {", ".join(str(n) for n in range(1, len(columns) + 1))} LIMIT 300'
    mine = [tuple(row) for row in odbc.cursor().execute(query).fetchall()]
    assert len(mine) > 0

    def plain(row):
        # The driver gives switches as text.
        return tuple({True: "1", False: "0"}[cell] if isinstance(cell, bool) else cell for cell in row)

    assert mine == [plain(row) for row in reader.execute(query).fetchall()]
