"""A released version with rows in every table, updated, ends as a fresh install of the newer version would.

Once for the releases of this tree and today's version, and once for today's version and one after it in which everything
changes that can."""

import pathlib
import re
import types

import psycopg
import pytest

import roles
from cluster import Cluster, failed_checks, value
from every_table import fill_every_table, rows, tables
from later_version import LATER, LaterVersion
from server_files import ServerFiles

RELEASES = pathlib.Path(__file__).resolve().parents[3] / "sql" / "releases"

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
OBJECTS = "SELECT object, made_from, became FROM pipeline_data.setup_object ORDER BY 1"
CATALOG = {
    "objects": OBJECTS,
    "functions": FUNCTIONS,
    "relations": RELATIONS,
    "columns": COLUMNS,
    "indexes": INDEXES,
    "constraints": CONSTRAINTS,
    "triggers": TRIGGERS,
}


def newest(connection):
    return value(
        connection, "SELECT default_version FROM pg_available_extensions WHERE name = 'pipeline_forecast'"
    )


def oldest(connection):
    """The oldest release; today's version as long as there is none."""
    released = [path.stem.split("--")[1] for path in RELEASES.glob("pipeline_forecast--*.sql")]
    return min(released, key=lambda version: [int(part) for part in version.split(".")], default=newest(connection))


def forecast(connection):
    query = "SELECT project_id, expected_value FROM vw_pipeline_forecast_project_v1 ORDER BY 1"
    return connection.execute(query).fetchall()


class Updated:
    """A database that was used in a former version and updated, and one where the newer version is new."""

    def __init__(self, cluster, name, former, newer):
        self.cluster, self.names = cluster, [name + "_updated", name + "_fresh"]
        for each in self.names:
            cluster.create_database(each)
        self.updated, self.fresh = (cluster.connect(each) for each in self.names)
        self.updated.execute(f"CREATE EXTENSION pipeline_forecast VERSION '{former}'")
        self.updated.execute("SELECT pipeline_setup()")
        if value(self.updated, "SELECT to_regrole(%s) IS NULL", [roles.READER]):
            self.updated.execute(f"CREATE ROLE {roles.READER} LOGIN")
        fill_every_table(self.updated, roles.READER)
        self.rows = {table: rows(self.updated, table) for table in tables(self.updated)}
        self.forecast = forecast(self.updated)
        self.steps = self.updated.execute("SELECT * FROM setup_steps()").fetchall()
        self.updated.execute(f"ALTER EXTENSION pipeline_forecast UPDATE TO '{newer}'")
        self.updated.execute("SELECT pipeline_setup()")

        self.fresh.execute(f"CREATE EXTENSION pipeline_forecast VERSION '{newer}'")
        self.fresh.execute("SELECT pipeline_setup()")
        self.fresh.execute("SELECT grant_forecast_reader(%s)", [roles.READER])
        self.fresh.execute("SELECT create_pipeline_forecast_snapshot()")

    def dumps(self):
        for name in self.names:
            dump = self.cluster.run("pg_dump", "--schema-only", name, capture_output=True, text=True).stdout
            yield [line for line in dump.splitlines() if line and not re.match(r"--|\\", line)]

    def remove(self):
        for connection in (self.updated, self.fresh):
            connection.close()
        for name in self.names:
            self.cluster.drop_database(name)


@pytest.fixture(scope="module")
def later():
    """A server with this version as a release, and the one after it."""
    files = ServerFiles()
    (files.folder / "source").mkdir()
    version = LaterVersion(files.folder / "source")
    files.install(*version.scripts)
    cluster = Cluster(pg_config=files.pg_config)
    yield types.SimpleNamespace(cluster=cluster, released=version.released)
    cluster.destroy()
    files.remove()


@pytest.fixture(scope="module", params=["this version", "a later version"])
def pair(request):
    if request.param == "this version":
        cluster = request.getfixturevalue("cluster")
        with cluster.connect("postgres") as connection:
            versions = oldest(connection), newest(connection)
    else:
        later = request.getfixturevalue("later")
        cluster, versions = later.cluster, (later.released, LATER)
    pair = Updated(cluster, "upgrade", *versions)
    yield pair
    pair.remove()


def test_there_is_a_way_from_every_release(empty_database):
    connection = empty_database.connection()
    for script in RELEASES.glob("pipeline_forecast--*.sql"):
        released = script.stem.split("--")[1]
        path = value(
            connection,
            "SELECT path FROM pg_extension_update_paths('pipeline_forecast') WHERE source = %s AND target = %s",
            [released, newest(connection)],
        )
        assert path == f"{released}--{newest(connection)}"


def test_what_cannot_be_replaced_is_listed(empty_database, cluster):
    """Says which lines a list of sql/releases lacks, before ALTER EXTENSION fails with less of a hint."""
    functions = """
        SELECT format('%s %s', CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END,
                      p.oid::regprocedure) AS name,
               p.proargnames, p.proallargtypes::regtype[]::text AS types, p.proargmodes, p.prorettype::regtype::text AS result, p.proretset,
               p.pronargdefaults, p.prokind
        FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
        JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pipeline_forecast'
    """
    composites = """
        SELECT 'type ' || c.oid::regclass AS name, array_agg(format('%s %s', a.attname, a.atttypid::regtype) ORDER BY attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind = 'c' AND c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_internal'::regnamespace) GROUP BY c.oid
    """

    def members(version):
        connection.execute(f"CREATE EXTENSION pipeline_forecast VERSION '{version}'")
        found = [row for query in (functions, composites) for row in connection.execute(query).fetchall()]
        connection.execute("DROP EXTENSION pipeline_forecast CASCADE")
        return {row["name"]: row for row in found}

    connection = empty_database.connection()
    connection.execute("SET search_path = pg_catalog")
    today = members(newest(connection))
    for script in RELEASES.glob("pipeline_forecast--*.sql"):
        released = script.stem.split("--")[1]
        lines = (RELEASES / f"{released}.drops").read_text().splitlines()
        listed = {line.replace(", ", ",") for line in lines}
        needed = set()
        for name, then in members(released).items():
            now = today.get(name)
            fewer_defaults = now and now.get("pronargdefaults", 0) < then.get("pronargdefaults", 0)
            same = now and {**now, "pronargdefaults": 0} == {**then, "pronargdefaults": 0}
            if not same or fewer_defaults:
                needed.add(name)
        assert needed - listed == set(), f"lines that sql/releases/{released}.drops needs"


def test_the_catalog_is_that_of_a_fresh_install(pair):
    for title, query in CATALOG.items():
        expected = pair.fresh.execute(query).fetchall()
        assert expected, f"there are {title} to compare"
        assert pair.updated.execute(query).fetchall() == expected, title


def test_the_dump_is_that_of_a_fresh_install(pair):
    updated, fresh = pair.dumps()
    assert len(fresh) > 1000
    assert updated == fresh


def test_released_steps_are_as_they_were(pair):
    today = {row["version"]: row for row in pair.updated.execute("SELECT * FROM setup_steps()").fetchall()}
    assert [today[step["version"]] for step in pair.steps] == pair.steps, "a change of a table is a new step"


def test_every_row_is_still_there(pair):
    # What pipeline_setup() keeps of itself changes with the version; a step may add columns and change what it says.
    for table, before in pair.rows.items():
        # What a scan has seen lives for minutes, and a scan whose table is gone is repeated.
        if table.endswith("monday_scan") and table not in tables(pair.updated):
            continue
        after = rows(pair.updated, table)
        assert len(after) >= len(before) > 0, table
        if table not in ("setup_object", "pipeline_data.setup_object", "sync_log", "pipeline.sync_log"):
            columns = before[0].keys()
            kept = [{name: row[name] for name in columns} for row in after]
            assert [row for row in before if row not in kept] == [], table


def test_it_works_with_the_data_of_the_old_version(pair):
    updated = pair.updated
    assert forecast(updated) == pair.forecast, "the rules have not changed"
    updated.execute("CALL refresh_pipeline_views()")
    updated.execute("UPDATE projects SET account = 'Account 998' WHERE monday_id = 'P1'")
    assert value(updated, "SELECT create_pipeline_forecast_snapshot()") > 0
    assert [row["check_name"] for row in failed_checks(updated)] == []


def test_what_a_later_version_changes(later):
    """Each kind of change is there, so that the comparisons above compare something."""
    pair = Updated(later.cluster, "changes", later.released, LATER)
    try:
        updated = pair.updated
        assert value(updated, "SELECT extversion FROM pg_extension WHERE extname = 'pipeline_forecast'") == LATER
        assert value(updated, "SELECT count(*) FROM projects WHERE site = 'unknown'") == 200, "a step ran on data"
        assert value(updated, "SELECT count(*) FROM sync_log WHERE trigger = 'step'") > 0
        assert value(updated, "SELECT projects FROM vw_sites") == 200, "a view is new"
        for gone in ("project_lineage", "vw_revenue_monthly.invoice_count"):
            relation, _, column = gone.partition(".")
            query = "SELECT count(*) FROM information_schema.columns WHERE table_name = %s AND column_name LIKE %s"
            assert value(updated, query, [relation, column or "%"]) == 0, gone
        assert value(updated, "SELECT to_regproc('get_account_performance') IS NULL"), "a function is gone"
        assert value(updated, "SELECT note IS NULL FROM refresh_conversion_views() LIMIT 1"), "a type has another column"
        reader = value(
            updated, "SELECT has_table_privilege(%s, 'vw_sites', 'SELECT')", [roles.READER]
        )
        assert reader, "grants are repeated"
        assert not value(
            updated, "SELECT has_function_privilege(%s, 'pipeline_work.forget_site(text)', 'EXECUTE')", [roles.READER]
        ), "what writes is not for everybody"
    finally:
        pair.remove()


def test_what_users_built_on_it_is_never_dropped(later):
    name = "built_on"
    later.cluster.create_database(name)
    connection = later.cluster.connect(name)
    try:
        connection.execute(f"CREATE EXTENSION pipeline_forecast VERSION '{later.released}'")
        connection.execute("SELECT pipeline_setup()")
        connection.execute("CREATE VIEW public.on_function AS SELECT percent_text(0.5, 1)")
        connection.execute("CREATE VIEW public.on_view AS SELECT sum(invoice_count) FROM vw_revenue_monthly")
        connection.execute("CREATE VIEW public.unharmed AS SELECT count(*) FROM vw_dim_project")
        for statement, view in (("ALTER EXTENSION pipeline_forecast UPDATE TO '9.9.9'", "on_function"),
                                ("SELECT pipeline_setup()", "on_view")):
            with pytest.raises(psycopg.errors.DependentObjectsStillExist) as raised:
                connection.execute(statement)
            assert f"view public.{view}" in raised.value.diag.message_detail
            assert "unharmed" not in raised.value.diag.message_detail
            assert "Keep the definition" in raised.value.diag.message_hint
            assert value(connection, f"SELECT count(*) FROM {view}") == 1, "nothing has happened"
            connection.execute(f"DROP VIEW public.{view}")
            connection.execute(statement)
        assert value(connection, "SELECT count(*) FROM unharmed") == 1
    finally:
        connection.close()
        later.cluster.drop_database(name)


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
