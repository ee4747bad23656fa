"""A year of 8,800 real opportunities, replayed from their engage and close dates, and the backtest of it.

Replays the nights that the backtest reads; tests/proof/run replays all of them. The data is not part of the source
tree: PIPELINE_TEST_DATA names the folder that holds crm_opportunities/.
"""

import collections
import csv
import os
import pathlib
from decimal import Decimal

import pytest

from cluster import ROOT, failed_checks, value

DATA = pathlib.Path(os.environ.get("PIPELINE_TEST_DATA") or ROOT.parent / "shared" / "data") / "crm_opportunities"
PROOF = ROOT / "tests" / "proof"

pytestmark = pytest.mark.skipif(
    not (DATA / "sales_pipeline.csv").is_file(),
    reason=f"no {DATA}/sales_pipeline.csv; set PIPELINE_TEST_DATA to the folder that holds crm_opportunities",
)


@pytest.fixture(scope="module")
def replayed(cluster):
    name = "replayed_year"
    cluster.create_set_up_database(name)
    with cluster.connect(name) as connection:
        cluster.run(
            "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", name, "-o", "/dev/null", "-v", f"data={DATA}",
            "-v", "nights=month ends", "-f", PROOF / "load.sql", "-f", PROOF / "replay.sql",
        )
        yield connection
    cluster.drop_database(name)


@pytest.fixture(scope="module")
def won():
    with open(DATA / "sales_pipeline.csv", newline="", encoding="utf-8-sig") as file:
        return [row for row in csv.DictReader(file) if row["deal_stage"] == "Won"]


@pytest.fixture(scope="module")
def rows(replayed):
    return replayed.execute("SELECT * FROM forecast_backtest(10, last_month => '2017-12-01')").fetchall()


def total(rows, horizon, month=None):
    (row,) = [
        row for row in rows
        if row["segment"] == "total" and row["horizon"] == horizon
        and (row["forecast_month"].isoformat() if row["forecast_month"] else None) == month
    ]
    return row


def test_every_deal_has_its_history(replayed):
    assert value(replayed, "SELECT count(*) FROM project_history WHERE valid_to IS NULL") == 8800
    failures = [row["check_name"] for row in failed_checks(replayed)]
    assert failures == ["latest_snapshot_is_fresh"], "the year is over, all else is consistent"


def test_nothing_is_known_before_its_day(replayed):
    assert value(replayed, """
        SELECT count(*) FROM pipeline_forecast_snapshot s
        JOIN replay.deal d USING (project_id)
        WHERE s.snapshot_date < coalesce(d.engaged, '2017-12-31')
           OR (s.stage_bucket <> 'Open' AND s.snapshot_date < d.closed)
           OR (s.stage_bucket = 'Open' AND s.contract_value <> d.list_price)""") == 0
    assert value(replayed, """
        SELECT count(*) FROM project_history h JOIN replay.deal d USING (project_id)
        WHERE h.account IS NOT NULL AND h.valid_from < coalesce(d.closed, '2017-12-31')""") == 0


def test_actuals_are_what_was_won(rows, won):
    by_month = collections.Counter()
    for row in won:
        by_month[row["close_date"][:7] + "-01"] += Decimal(row["close_value"])
    assert set(by_month) == {f"2017-{month:02}-01" for month in range(3, 13)}
    for month, revenue in by_month.items():
        assert total(rows, 1, month)["actual_value"] == revenue
    assert total(rows, 1)["actual_value"] == sum(by_month.values())


def test_the_last_month_is_the_naive_line(rows):
    assert total(rows, 1, "2017-03-01")["naive_last_month"] is None, "nothing was invoiced before"
    for month in range(4, 13):
        row = total(rows, 1, f"2017-{month:02}-01")
        assert row["naive_last_month"] == total(rows, 1, f"2017-{month - 1:02}-01")["actual_value"]
        assert row["naive_last_year"] is None
    year_end = total(rows, 1, "2017-12-01")
    mean = sum(total(rows, 1, f"2017-{month:02}-01")["actual_value"] for month in range(3, 12)) / 9
    assert year_end["naive_mean"] == round(mean, 2), "the mean of the months there are"


def test_a_fast_business_is_mostly_unforeseen(rows):
    """Deals close within 138 days, most within weeks: half a year ahead nothing of a month is in the pipeline yet."""
    near, far = total(rows, 1), total(rows, 6)
    assert 0 < near["expected_value"] < near["actual_value"]
    assert far["unforeseen_value"] == far["actual_value"] and far["expected_value"] == 0
    assert 0 < near["unforeseen_value"] < near["actual_value"]


def test_replay_from_history_gives_the_same_forecast(replayed, rows):
    """Snapshots hold what history says of their day: both ways give the same figures, to the cent."""
    replay = replayed.execute(
        "SELECT * FROM forecast_backtest(10, replay => true, last_month => '2017-12-01') WHERE segment = 'total'"
    ).fetchall()
    assert {row["source"] for row in replay} == {"history"}
    compared = ("snapshot_date", "expected_value", "committed_value", "worst_case_value", "best_case_value",
                "absolute_error", "matched_count", "false_alarm_count")
    seen = 0
    for row in replay:
        if row["forecast_month"] is None or row["snapshot_date"].year < 2017:
            continue
        stored = total(rows, row["horizon"], row["forecast_month"].isoformat())
        assert {name: row[name] for name in compared} == {name: stored[name] for name in compared}
        seen += 1
    assert seen == sum(range(2, 12)), "March has two origins in 2017, December eleven"


def test_the_report_reads(replayed):
    report = value(replayed, "SELECT forecast_backtest_report(6, last_month => '2017-12-01')")
    assert report.startswith("# Forecast backtest\n\nForecasts of stored snapshots against what was invoiced, Jul 2017 to Dec 2017.")
    assert "| Invoiced | 5,784,751.00 |" in report
    assert "\n| Dec 2017 |" in report and "\n| 11 |" in report


def test_the_waterfall_of_the_year_closes(replayed):
    for by in (None, "stage_bucket", "forecast_month", "account", "product_type"):
        rows = replayed.execute(
            """SELECT segment, sum(CASE bar WHEN 'closing' THEN -expected_value ELSE expected_value END) AS expected,
                      sum(CASE bar WHEN 'closing' THEN -committed_value ELSE committed_value END) AS committed
               FROM forecast_waterfall('2017-03-31', '2017-12-31', %s) GROUP BY segment""", [by]).fetchall()
        assert rows and all(row["expected"] == row["committed"] == 0 for row in rows), by
