"""The figures. Each takes the results, a connection, the number of projects and of repetitions."""

import statistics

from database import COMPARED, require_equal
from harness import HERE, Figure, Side, compare, milliseconds, read_in_server, run_file, value_of

LARGEST_WITH_VERSIONS = 200_000
VERSIONS = 10
DAYS_IN_EXPIRED_MONTH = 3
LOOKUPS = 201
LARGEST_DATA_FOR_DELETE = 200_000
EARLIER_DAYS = 10
EARLIER_DAYS_OF_MANY = 2

SNAPSHOT_COLUMNS = (
    "snapshot_date, project_id, forecast_month, stage_bucket, contract_value, probability, committed_value, "
    "expected_value, best_case_value, worst_case_value, analysis_timestamp"
)
MONTHLY_COLUMNS = (
    "forecast_month, stage_bucket, project_count, contract_value, committed_value, expected_value, "
    "best_case_value, worst_case_value"
)
INPUT_COLUMNS = (
    "stage_bucket, total_order_value, new_enquiry_value, expected_conversion_rate, probability_percent, "
    "default_probability, conversion_confidence, default_spread"
)


def snapshot_again(results, connection, size, repetitions):
    """A day is snapshotted again: its rows exist and are replaced."""
    plain = (HERE / "snapshot.sql").read_text()

    def ours():
        connection.execute("SELECT create_pipeline_forecast_snapshot()")

    def reference():
        with connection.transaction():
            connection.execute(plain)

    ours()
    reference()
    require_equal(connection, "snapshot", SNAPSHOT_COLUMNS, "pipeline_forecast_snapshot", "plain.forecast_snapshot")
    compare_snapshots(results, connection, "snapshot of a day again / plain SQL", size, repetitions, ours, reference)
    # Where nothing changed between the runs there is next to nothing to write, so the other cases belong beside it.
    if size <= LARGEST_WITH_VERSIONS:
        for what, every in (("a twentieth changed", 20), ("all changed", 1)):
            compare_snapshots(results, connection, f"  the same, {what} / plain SQL", size, repetitions, ours,
                              reference, change_every=every)

    earlier = EARLIER_DAYS if size <= LARGEST_WITH_VERSIONS else EARLIER_DAYS_OF_MANY
    for table in ("pipeline_forecast_snapshot", "plain.forecast_snapshot"):
        file_earlier_days(connection, table, earlier)
    compare_snapshots(results, connection, f"  the same, {earlier} earlier days kept / plain SQL", size, repetitions,
                      ours, reference)


def compare_snapshots(results, connection, name, size, repetitions, ours, reference, change_every=None):
    def prepare(table):
        if change_every is not None:
            change_projects(connection, change_every)
        # What a former repetition left behind must not burden the next one.
        connection.execute(f"VACUUM ANALYZE {table}")

    compare(results, connection, name, size, Side(reference, lambda: prepare("plain.forecast_snapshot")),
            Side(ours, lambda: prepare("pipeline_forecast_snapshot")), repetitions, bar=0.33)


def change_projects(connection, every):
    """Raises the value of each n-th project; without triggers, since only the reading of it is measured."""
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("""
            UPDATE projects
            SET total_order_value = total_order_value + 10, new_enquiry_value = coalesce(new_enquiry_value, 0) + 10
            WHERE monday_id::bigint / 7 %% %s = 0""", (every,))
    connection.execute("VACUUM ANALYZE projects")


def file_earlier_days(connection, table, days):
    """Copies of today's rows under the days before, so that the indexes are those of a table in use."""
    columns = SNAPSHOT_COLUMNS.removeprefix("snapshot_date, ")
    for day in range(1, days + 1):
        connection.execute("SELECT snapshot_partition(pipeline_today() - %s)", (day,))
        connection.execute(f"""
            INSERT INTO {table} (snapshot_date, created_at, {columns})
            SELECT snapshot_date - %s, created_at - make_interval(days => %s), {columns}
            FROM {table} WHERE snapshot_date = pipeline_today()""", (day, day))


def snapshot_floor(results, connection, size, repetitions):
    """A new day in a new partition, against storing the same rows when they are already computed."""
    partition = value_of(connection, """
        SELECT format('pipeline_forecast_snapshot_y%sm%s', to_char(pipeline_today(), 'FMYYYY'),
                      to_char(pipeline_today(), 'MM'))""")

    def forget():
        connection.execute(f"DROP TABLE IF EXISTS {partition}")
        connection.execute("DELETE FROM pipeline_forecast_snapshot_day")

    def ours():
        connection.execute("SELECT create_pipeline_forecast_snapshot()")

    ours()
    connection.execute("TRUNCATE plain.computed_snapshot")
    connection.execute("INSERT INTO plain.computed_snapshot SELECT * FROM pipeline_forecast_snapshot")
    connection.execute("VACUUM ANALYZE plain.computed_snapshot")
    compare(results, connection, "snapshot of a new day / storing its rows", size,
            Side(lambda: connection.execute(
                "INSERT INTO plain.snapshot_floor_partition SELECT * FROM plain.computed_snapshot"),
                lambda: connection.execute("TRUNCATE plain.snapshot_floor")),
            Side(ours, forget), repetitions, bar=2)
    require_equal(connection, "stored rows", SNAPSHOT_COLUMNS, "pipeline_forecast_snapshot", "plain.snapshot_floor")


def monthly_refresh(results, connection, size, repetitions):
    def refresh(view):
        return lambda: connection.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {view}")

    ours, reference = "mv_pipeline_forecast_monthly_12m_v1", "plain.forecast_monthly"
    refresh(ours)()
    refresh(reference)()
    require_equal(connection, "monthly forecast", MONTHLY_COLUMNS, ours, reference)
    compare(results, connection, "monthly refresh / plain SQL", size, Side(refresh(reference)), Side(refresh(ours)),
            repetitions, bar=0.5)


def full_read(results, connection, size, repetitions):
    def read(view):
        return lambda: read_in_server(connection, f"SELECT {COMPARED} FROM {view}")

    compare(results, connection, "project view, all / plain SQL", size, Side(read("plain.forecast_project")),
            Side(read("vw_pipeline_forecast_project_v1")), repetitions, bar=1)


def one_project(results, connection, size, repetitions):
    """One project by id, planning and round trip included, median over many projects."""
    ids = [row[0] for row in connection.execute(
        "SELECT monday_id FROM projects ORDER BY md5(monday_id) LIMIT %s", (LOOKUPS,))]

    def times(view):
        query = f"SELECT {COMPARED} FROM {view} WHERE project_id = %s"
        return [milliseconds(lambda: connection.execute(query, (i,)).fetchone()) for i in ids]

    # The first pass warms up.
    for _ in range(2):
        reference_ms = statistics.median(times("plain.forecast_project"))
        our_times = times("vw_pipeline_forecast_project_v1")
    our_ms = statistics.median(our_times)
    results.add(Figure("one project by id / plain SQL", size, reference_ms, our_ms, our_ms / reference_ms, None))
    results.add(Figure("one project by id", size, reference_ms, our_ms, our_ms, 2, unit="ms",
                       spread=f"{min(our_times):.2f}..{max(our_times):.2f}"))


def retention(results, connection, size, repetitions):
    """Snapshots of a month are removed when it expires. One month per repetition, oldest first."""
    connection.execute("SELECT create_pipeline_forecast_snapshot()")
    times, calls = [], []
    for months_ago in range(40 + repetitions, 40, -1):
        first_day = value_of(connection, """
            SELECT (date_trunc('month', pipeline_today()) - make_interval(months => %s))::date""", (months_ago,))
        keep = value_of(connection, """
            SELECT pipeline_today() - (%s::date + interval '1 month')::date""", (first_day,))
        fill_month(connection, first_day)
        connection.execute("CHECKPOINT")
        removed = []
        connection.execute("BEGIN")
        calls.append(milliseconds(lambda: removed.append(
            value_of(connection, "SELECT cleanup_old_pipeline_forecast_snapshots(%s)", (keep,)))))
        # The files go at commit; how long that takes is up to the file system and what it holds in memory of them.
        times.append(calls[-1] + milliseconds(lambda: connection.execute("COMMIT")))
        expected = DAYS_IN_EXPIRED_MONTH * value_of(
            connection, "SELECT count(*) FROM pipeline_forecast_snapshot WHERE snapshot_date = pipeline_today()")
        if removed != [expected]:
            raise AssertionError(f"retention removed {removed[0]} rows instead of {expected}")
    reference_ms = delete_month(connection) if size <= LARGEST_DATA_FOR_DELETE else None
    our_ms = statistics.median(times)
    results.add(Figure("retention of an expired month", size, reference_ms, our_ms, our_ms, 50, unit="ms",
                       spread=f"{min(times):.1f}..{max(times):.1f}"))
    results.add(Figure("  of it the call, before files are removed", size, None, statistics.median(calls),
                       statistics.median(calls), 50, unit="ms", spread=f"{min(calls):.1f}..{max(calls):.1f}"))
    if reference_ms is not None:
        results.add(Figure("retention of an expired month / DELETE", size, reference_ms, our_ms,
                           our_ms / reference_ms, None))


def fill_month(connection, first_day):
    """Files copies of today's snapshot under the first days of a month, as the daily job would have."""
    connection.execute("SELECT snapshot_partition(%s)", (first_day,))
    columns = SNAPSHOT_COLUMNS.removeprefix("snapshot_date, ")
    for day in range(DAYS_IN_EXPIRED_MONTH):
        connection.execute(f"""
            INSERT INTO pipeline_forecast_snapshot (snapshot_date, {columns})
            SELECT %s::date + %s, {columns}
            FROM pipeline_forecast_snapshot WHERE snapshot_date = pipeline_today()""", (first_day, day))
        connection.execute("""
            INSERT INTO pipeline_forecast_snapshot_day (snapshot_date, source, row_count)
            SELECT %s::date + %s, source, row_count
            FROM pipeline_forecast_snapshot_day WHERE snapshot_date = pipeline_today()""", (first_day, day))


def delete_month(connection):
    columns = SNAPSHOT_COLUMNS.removeprefix("snapshot_date, ")
    connection.execute(f"""
        INSERT INTO plain.expired_snapshot (snapshot_date, {columns})
        SELECT date '2020-01-01' + day, {columns}
        FROM generate_series(1, %s) AS day, pipeline_forecast_snapshot WHERE snapshot_date = pipeline_today()""",
        (DAYS_IN_EXPIRED_MONTH,))
    connection.execute("VACUUM ANALYZE plain.expired_snapshot")
    connection.execute("CHECKPOINT")
    return milliseconds(lambda: connection.execute(
        "DELETE FROM plain.expired_snapshot WHERE snapshot_date < '2020-02-01'"))


def history_triggers(results, connection, size, repetitions):
    """A bulk upsert with history, digest and dimension, and the same one with only their triggers switched off."""
    run_file(connection, "upsert.sql")
    for name, batch, writes_versions in (
            ("upsert of 100,000, half new, half changed / nothing kept beside", "bench.half_new", True),
            ("upsert of existing projects, nothing changed / nothing kept beside", "bench.unchanged", False)):
        upsert = upsert_of(connection, batch)
        begin_upsert(connection, "ENABLE")
        before = value_of(connection, "SELECT count(*) FROM project_history")
        connection.execute(upsert)
        written = value_of(connection, "SELECT count(*) FROM project_history") - before
        if (written > 0) != writes_versions:
            raise AssertionError(f"{name}: {written} versions were written")
        compare(results, connection, name, size,
                Side(lambda: connection.execute(upsert), lambda: begin_upsert(connection, "DISABLE")),
                Side(lambda: connection.execute(upsert), lambda: begin_upsert(connection, "ENABLE")),
                repetitions, bar=2)
        begin_upsert(connection, "ENABLE")
        connection.execute("ROLLBACK")


def upsert_of(connection, batch):
    columns = [column.name for column in connection.execute(f"SELECT * FROM {batch} LIMIT 0").description]
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "monday_id")
    return f"""
        INSERT INTO projects ({", ".join(columns)}) SELECT * FROM {batch}
        ON CONFLICT (monday_id) DO UPDATE SET {updates}"""


def begin_upsert(connection, triggers):
    """Undoes the former upsert, cleans up after it, and opens the transaction of the next one."""
    connection.execute("ROLLBACK")
    connection.execute("VACUUM projects, project_history, analysis_digest, project_dimension")
    for event in ("insert", "update", "delete"):
        for kept in ("history", "digest", "dimension"):
            connection.execute(f"ALTER TABLE projects {triggers} TRIGGER projects_{kept}_{event}")
    connection.execute("BEGIN")


def as_of_past_day(results, connection, size, repetitions):
    """The forecast of a past day out of many versions, against the live one. Both read all columns of all projects."""
    if size > LARGEST_WITH_VERSIONS:
        return
    run_file(connection, "versions.sql", versions=VERSIONS)
    connection.execute("VACUUM ANALYZE project_history, analysis_history")
    require_equal(connection, "the forecast as of now", COMPARED, "pipeline_forecast_as_of(now())",
                  "vw_pipeline_forecast_project_v1")
    past = value_of(connection, "SELECT date_trunc('day', now()) - interval '100 days' - interval '1 microsecond'")
    compare(results, connection, f"as of 100 days ago, {VERSIONS} versions / live", size,
            Side(lambda: read_in_server(connection, f"SELECT {COMPARED} FROM vw_pipeline_forecast_project_v1")),
            Side(lambda: read_in_server(connection, f"SELECT {COMPARED} FROM pipeline_forecast_as_of('{past}')")),
            repetitions, bar=3)


def totals(results, connection, size, repetitions):
    """The aggregate alone: the formula and the sums over inputs that are already joined."""
    connection.execute(f"CREATE UNLOGGED TABLE plain.formula_input AS SELECT {INPUT_COLUMNS} FROM forecast_input")
    connection.execute("VACUUM ANALYZE plain.formula_input")
    run_file(connection, "totals.sql")
    ours = f"SELECT (pipeline_forecast_totals({INPUT_COLUMNS})).* FROM plain.formula_input"
    reference = "SELECT * FROM plain.formula_totals"
    if connection.execute(ours).fetchone() != connection.execute(reference).fetchone():
        raise AssertionError("pipeline_forecast_totals and sum() differ")
    compare(results, connection, "pipeline_forecast_totals / sum()", size,
            Side(lambda: connection.execute(reference)), Side(lambda: connection.execute(ours)), repetitions, bar=None)
