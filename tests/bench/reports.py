#!/usr/bin/python3
"""Measures what BI tools and the backtest ask of two years of daily snapshots.

The queries are those that Power BI sends in DirectQuery (alias names included), as the role of a reader, through the
views. The reference is the same question put to the tables by hand. Needs the server that tests/bench/run starts.
"""

import argparse
import pathlib
import statistics
import sys

from psycopg import sql

from database import Unequal
from harness import Figure, Results, create_database, drop_database, milliseconds, run_file, show, value_of

READER = "pipeline_bench_reader"
LATEST, ONE_MONTH, SLICER, BACKTEST = 200, 1000, 50, 30_000

# name: (bar in ms, query of the BI tool, the same by hand)
SHAPES = {
    "latest snapshot by bucket": (LATEST, """
        select "_"."stage_bucket", "_"."a0", "_"."a1"
        from ( select "rows"."stage_bucket" as "stage_bucket", sum("rows"."expected_value") as "a0", count(1) as "a1"
               from ( select "stage_bucket", "expected_value" from "public"."vw_forecast_latest" "$Table" ) "rows"
               group by "stage_bucket" ) "_"
        where not "_"."a0" is null limit 1000001""",
        """SELECT stage_bucket, sum(expected_value), count(*) FROM pipeline_forecast_snapshot
           WHERE snapshot_date = (SELECT max(snapshot_date) FROM pipeline_forecast_snapshot_day) GROUP BY 1"""),
    "latest snapshot by month, bands": (LATEST, """
        select "rows"."forecast_month" as "forecast_month", sum("rows"."expected_value") as "a0",
               sum("rows"."committed_value") as "a1", sum("rows"."worst_case_value") as "a2", sum("rows"."best_case_value") as "a3"
        from ( select "_"."forecast_month", "_"."expected_value", "_"."committed_value", "_"."worst_case_value", "_"."best_case_value"
               from "public"."vw_forecast_latest" "_"
               where "_"."stage_bucket" in ('Open', 'Committed') ) "rows"
        group by "forecast_month" order by "forecast_month" limit 1000001""",
        """SELECT forecast_month, sum(expected_value), sum(committed_value), sum(worst_case_value), sum(best_case_value)
           FROM pipeline_forecast_snapshot
           WHERE snapshot_date = (SELECT max(snapshot_date) FROM pipeline_forecast_snapshot_day)
             AND stage_bucket IN ('Open', 'Committed') GROUP BY 1 ORDER BY 1"""),
    "latest snapshot by account, top 500": (LATEST, """
        select "_"."account", "_"."a0"
        from ( select "rows"."account" as "account", sum("rows"."expected_value") as "a0"
               from ( select "$Outer"."expected_value", "$Inner"."account"
                      from "public"."vw_forecast_latest" "$Outer"
                      left outer join "public"."vw_dim_project" "$Inner" on ("$Outer"."project_id" = "$Inner"."project_id") ) "rows"
               group by "account" ) "_"
        where not "_"."a0" is null order by "_"."a0" desc limit 501""",
        """SELECT p.account, sum(s.expected_value) FROM pipeline_forecast_snapshot s LEFT JOIN projects p ON p.monday_id = s.project_id
           WHERE s.snapshot_date = (SELECT max(snapshot_date) FROM pipeline_forecast_snapshot_day)
           GROUP BY 1 ORDER BY 2 DESC LIMIT 501"""),
    "latest snapshot, one account": (LATEST, """
        select sum("rows"."expected_value") as "a0"
        from ( select "$Outer"."expected_value", "$Inner"."account"
               from "public"."vw_forecast_latest" "$Outer"
               left outer join "public"."vw_dim_project" "$Inner" on ("$Outer"."project_id" = "$Inner"."project_id") ) "rows"
        where "rows"."account" = 'Account 77'""",
        """SELECT sum(s.expected_value) FROM pipeline_forecast_snapshot s JOIN projects p ON p.monday_id = s.project_id
           WHERE s.snapshot_date = (SELECT max(snapshot_date) FROM pipeline_forecast_snapshot_day) AND p.account = 'Account 77'"""),
    "one snapshot month by day": (ONE_MONTH, """
        select "_"."snapshot_date", "_"."a0"
        from ( select "rows"."snapshot_date" as "snapshot_date", sum("rows"."expected_value") as "a0"
               from ( select "_"."snapshot_date", "_"."stage_bucket", "_"."expected_value"
                      from ( select "snapshot_date", "stage_bucket", "expected_value" from "public"."vw_forecast_history" "$Table" ) "_"
                      where ("_"."snapshot_date" < date '{end}' and "_"."snapshot_date" >= date '{start}')
                        and ("_"."stage_bucket" in ('Open', 'Committed')) ) "rows"
               group by "snapshot_date" ) "_"
        where not "_"."a0" is null limit 1000001""",
        """SELECT snapshot_date, sum(expected_value) FROM pipeline_forecast_snapshot
           WHERE snapshot_date >= '{start}' AND snapshot_date < '{end}' AND stage_bucket IN ('Open', 'Committed') GROUP BY 1"""),
    "one snapshot month by category": (ONE_MONTH, """
        select "_"."category", "_"."a0"
        from ( select "rows"."category" as "category", sum("rows"."expected_value") as "a0"
               from ( select "$Outer"."expected_value", "$Inner"."category"
                      from ( select "_"."project_id", "_"."expected_value" from "public"."vw_forecast_history" "_"
                             where "_"."snapshot_date" < date '{end}' and "_"."snapshot_date" >= date '{start}' ) "$Outer"
                      left outer join "public"."vw_dim_project" "$Inner" on ("$Outer"."project_id" = "$Inner"."project_id") ) "rows"
               group by "category" ) "_"
        where not "_"."a0" is null limit 1000001""",
        """SELECT p.category, sum(s.expected_value) FROM pipeline_forecast_snapshot s LEFT JOIN projects p ON p.monday_id = s.project_id
           WHERE s.snapshot_date >= '{start}' AND s.snapshot_date < '{end}' GROUP BY 1"""),
    "what changed in a month (max of loaded_at)": (ONE_MONTH, """
        select max("rows"."loaded_at") as "a0"
        from ( select "_"."loaded_at" from "public"."vw_forecast_history" "_"
               where "_"."snapshot_date" >= date '{start}' and "_"."snapshot_date" < date '{end}' ) "rows\"""",
        """SELECT timezone('UTC', max(created_at)) FROM pipeline_forecast_snapshot_day
           WHERE snapshot_date >= '{start}' AND snapshot_date < '{end}'"""),
    "slicer of accounts": (SLICER, """
        select "_"."account" from ( select "rows"."account" as "account"
            from ( select "account" from "public"."vw_dim_project" "$Table" ) "rows" group by "account" ) "_"
        order by "_"."account" limit 501""",
        "SELECT DISTINCT account FROM projects ORDER BY 1 LIMIT 501"),
    "slicer of categories": (SLICER, """
        select "_"."category" from ( select "rows"."category" as "category"
            from ( select "category" from "public"."vw_dim_project" "$Table" ) "rows" group by "category" ) "_"
        order by "_"."category" limit 501""",
        "SELECT DISTINCT category FROM projects ORDER BY 1 LIMIT 501"),
    "slicer of months": (SLICER, """
        select "_"."month_label", "_"."month_index" from ( select "rows"."month_label" as "month_label", "rows"."month_index" as "month_index"
            from ( select "month_label", "month_index" from "public"."vw_dim_date" "$Table" ) "rows" group by "month_label", "month_index" ) "_"
        order by "_"."month_index" limit 501""", None),
    "slicer of snapshot days": (SLICER, """
        select "_"."snapshot_date" from ( select "rows"."snapshot_date" as "snapshot_date"
            from ( select "snapshot_date" from "public"."vw_dim_snapshot_date" "$Table" ) "rows" group by "snapshot_date" ) "_"
        order by "_"."snapshot_date" limit 1001""",
        "SELECT snapshot_date FROM pipeline_forecast_snapshot_day ORDER BY 1 LIMIT 1001"),
}
CALLS = {
    "backtest of 6 months, all segments": (BACKTEST, "SELECT count(*) FROM forecast_backtest(6)"),
    "backtest of 12 months, all segments": (BACKTEST, "SELECT count(*) FROM forecast_backtest(12)"),
    "backtest report of 6 months": (BACKTEST, "SELECT forecast_backtest_report(6)"),
    "waterfall over a quarter": (BACKTEST, "SELECT count(*) FROM forecast_waterfall(pipeline_today() - 92, pipeline_today())"),
}


def create(name, projects, days):
    connection = create_database(name)
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (READER,)).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(READER)))
    run_file(connection, "projects.sql", projects=projects, in_window=0.45)
    run_file(connection, "reports.sql", days=days)
    connection.execute("VACUUM (ANALYZE)")
    connection.execute("SELECT grant_forecast_reader(%s)", (READER,))
    return connection


def median_of(connection, query, repetitions):
    """The first run warms up."""
    times = [milliseconds(lambda: connection.execute(query).fetchall()) for _ in range(repetitions + 1)][1:]
    return statistics.median(times), f"{min(times):.0f}..{max(times):.0f}"


def require_same_rows(connection, name, query, by_hand):
    """A comparison of speed means nothing where both sides say different things."""
    ours, reference = (sorted(map(str, connection.execute(text).fetchall())) for text in (query, by_hand))
    if ours != reference or not ours:
        raise Unequal(f"{name}: {len(ours)} rows through the views, {len(reference)} by hand, not the same")


def shapes(results, connection, rows, repetitions):
    start, end = connection.execute(
        "SELECT (date_trunc('month', pipeline_today()) - interval '3 months')::date, "
        "(date_trunc('month', pipeline_today()) - interval '2 months')::date").fetchone()
    for name, (bar, query, by_hand) in SHAPES.items():
        query, by_hand = (text and text.format(start=start, end=end) for text in (query, by_hand))
        if by_hand:
            require_same_rows(connection, name, query, by_hand)
        reference_ms = median_of(connection, by_hand, repetitions)[0] if by_hand else None
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(READER)))
        our_ms, spread = median_of(connection, query, repetitions)
        connection.execute("RESET ROLE")
        results.add(Figure(name, rows, reference_ms, our_ms, our_ms, bar, unit="ms", spread=spread))


def calls(results, connection, rows):
    for name, (bar, query) in CALLS.items():
        our_ms, spread = median_of(connection, query, 1)
        results.add(Figure(name, rows, None, our_ms, our_ms, bar, unit="ms", spread=spread))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=200_000, metavar="N")
    parser.add_argument("--days", type=int, default=731, metavar="N", help="days with a snapshot (default: two years)")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N")
    parser.add_argument("--csv", default="build/bench-reports.csv", type=pathlib.Path, metavar="PATH")
    parser.add_argument("--keep", action="store_true", help="leave the database for a closer look")
    chosen = parser.parse_args()
    name = f"pipeline_bench_reports_{chosen.projects}"
    results = Results()
    connection = create(name, chosen.projects, chosen.days)
    rows = value_of(connection, "SELECT sum(row_count)::bigint FROM pipeline_forecast_snapshot_day")
    print(f"{rows:,} snapshot rows of {chosen.projects:,} projects and {chosen.days:,} days", flush=True)
    shapes(results, connection, rows, chosen.repetitions)
    calls(results, connection, rows)
    connection.close()
    if not chosen.keep:
        drop_database(name)
    show(results, chosen.csv)


if __name__ == "__main__":
    sys.exit(main())
