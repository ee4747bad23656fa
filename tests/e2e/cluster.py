"""Throw-away PostgreSQL clusters and databases with the extension, as the end-to-end tests need them."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

import roles

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTROL = ROOT / "control" / "cluster"
PG_BIN = subprocess.run(
    [os.environ.get("PG_CONFIG", "pg_config"), "--bindir"], check=True, capture_output=True, text=True
).stdout.strip()


TEMPLATE = "pf_template"
# Tests look at everything, and what they make themselves may lie among it.
SEARCH_PATH = "pipeline, pipeline_work, pipeline_internal, pipeline_data, public"


class Cluster:
    """A private server in a folder of its own, within the given one; gone with destroy()."""

    def __init__(self, extra_conf="", pg_config=None, folder=None):
        # Short, since the path of a socket is limited to 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pf", dir=folder or "/tmp"))
        # The server runs under another account than root and has to reach its folder within this one.
        self.folder.chmod(0o755)
        self.home = self.folder / "c"
        self._environment = {
            **os.environ,
            **({"PG_CONFIG": pg_config} if pg_config else {}),
            "FIRST_PORT": os.environ.get("FIRST_PORT", "26320"),
            "EXTRA_CONF": f"fsync = off\nsearch_path = '{SEARCH_PATH}'\n" + extra_conf,
        }
        try:
            self.control("start")
        except subprocess.CalledProcessError:
            self.destroy()
            raise
        self.port = int((self.home / "port").read_text())
        self.user = "pipeline_owner"
        self._has_template = False

    def control(self, action):
        subprocess.run([CONTROL, action, self.home], check=True, env=self._environment)

    def destroy(self):
        self.control("destroy")
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database, **options):
        options = {"autocommit": True, "row_factory": dict_row, **options}
        return psycopg.connect(host=str(self.home), port=self.port, user=self.user, dbname=database, **options)

    def create_database(self, name, template="template1"):
        # Copied file by file: a quarter cheaper than through the log, where nothing is synchronized with the disk.
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with self.connect("postgres") as connection:
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))

    def create_set_up_database(self, name):
        """With the extension, its tables and the rights of the roles: a copy, which takes half the time of set_up()."""
        if not self._has_template:
            self.create_database(TEMPLATE)
            with self.connect(TEMPLATE) as connection:
                set_up(connection)
                roles.grant(connection)
            self._has_template = True
        self.create_database(name, TEMPLATE)

    def drop_database(self, name):
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def environment(self):
        """For the command-line programs of PostgreSQL."""
        return {**os.environ, "PGHOST": str(self.home), "PGPORT": str(self.port), "PGUSER": self.user}

    def run(self, program, *arguments, **options):
        return subprocess.run(
            [pathlib.Path(PG_BIN) / program, *arguments], check=True, env=self.environment(), **options
        )


def kill_server(cluster):
    """The postmaster and all its children, as a crash takes them."""
    postmaster = int((cluster.home / "data" / "postmaster.pid").read_text().splitlines()[0])
    family = [postmaster]
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == postmaster:
            family.append(int(status.parent.name))
    for pid in family:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    # A process that nobody has waited for yet still counts as running for pg_ctl.
    deadline = time.monotonic() + 20
    while any(pathlib.Path(f"/proc/{pid}").exists() for pid in family):
        assert time.monotonic() < deadline, "a killed process is gone"
        time.sleep(0.02)


def as_server(command):
    """The server's own programs refuse to run as root; control/cluster uses the same account."""
    if os.geteuid() != 0:
        return command
    account = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups", *command]


def value(connection, query, parameters=None):
    """The one value that a query returns."""
    row = connection.execute(query, parameters).fetchone()
    assert row is not None and len(row) == 1, f"not one value: {row}"
    return next(iter(row.values()))


def set_up(connection):
    connection.execute("CREATE EXTENSION pipeline_forecast")
    connection.execute("SELECT pipeline_setup()")


def fill(connection, projects=200):
    """Projects of every stage, some with dates, values, percentages and analyses, some without."""
    connection.execute(
        """
        WITH stages AS (SELECT array_agg(stage ORDER BY sort_order) || NULL::text AS labels FROM pipeline_stage)
        INSERT INTO projects (monday_id, item_name, account, pipeline_stage, type, category, product_type,
                              new_enquiry_value, total_order_value, probability_percent, gestation_period,
                              date_created, expected_start_date)
        SELECT 'P' || n, 'Project ' || n, 'Account ' || lpad(mod(n, 7)::text, 3, '0'),
               labels[1 + mod(n, cardinality(labels))], 'Type ' || mod(n, 3), 'Category ' || mod(n, 2), 'Product ' || mod(n, 4),
               CASE WHEN mod(n, 5) <> 0 THEN n * 100.05 END,
               CASE WHEN mod(n, 4) = 0 THEN n * 90.01 - 500 END,
               CASE WHEN mod(n, 3) = 0 THEN mod(n, 101) END,
               CASE WHEN mod(n, 6) = 0 THEN mod(n, 300) END,
               CASE WHEN mod(n, 11) <> 0 THEN pipeline_today() - n END,
               CASE WHEN mod(n, 2) = 0 THEN pipeline_today() + n END
        FROM generate_series(1, %s) AS n, stages
        """,
        [projects],
    )
    connection.execute(
        """
        INSERT INTO analysis_results (project_id, expected_gestation_days, expected_conversion_rate,
                                      conversion_confidence)
        SELECT 'P' || n, n, mod(n, 100) / 100.0, mod(n, 11) / 10.0 FROM generate_series(1, %s, 3) AS n
        """,
        [projects],
    )


def failed_checks(connection):
    """What validate_pipeline_forecast() complains about; nothing when all is well."""
    rows = connection.execute("SELECT * FROM validate_pipeline_forecast()").fetchall()
    assert len(rows) >= 10, "validation checks something"
    return [row for row in rows if not row["passed"]]
