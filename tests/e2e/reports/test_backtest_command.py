"""pipeline-poller backtest: the report, the plot and the figures as files, and what it refuses."""

import csv
import io
import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from decimal import Decimal

import pytest
from psycopg import sql

from poller import PROGRAM, environment_for, run

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def command(database):
    def call(*arguments, **settings):
        return run("backtest", *arguments, environment=environment_for(database.database, **settings), timeout=120)

    return call


@pytest.fixture
def year(database):
    """Two projects a month, one invoiced as forecast, one with three quarters of it; a snapshot before each month."""
    database.execute("""
        INSERT INTO projects (monday_id, item_name, account, pipeline_stage, total_order_value, expected_start_date)
        SELECT 'P' || n, 'Project ' || n, CASE n % 2 WHEN 0 THEN 'Bolt, "Nut" & Co' ELSE 'Plain' END, 'Won Via Other Ref', 1000,
               pipeline_forecast_month(pipeline_today()) - make_interval(months => (n + 1) / 2)
        FROM generate_series(1, 12) AS n""")
    database.execute("""
        INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced)
        SELECT 'S' || monday_id, 'Invoice', monday_id, expected_start_date + 3, CASE account WHEN 'Plain' THEN 1000 ELSE 750 END
        FROM projects""")
    database.execute("""
        SELECT create_pipeline_forecast_snapshot(
            (pipeline_forecast_month(pipeline_today()) - make_interval(months => n))::date - 1, true)
        FROM generate_series(1, 8) AS n""")
    return database


def rows_of(database, months=6):
    return database.execute("SELECT * FROM forecast_backtest(%s)", [months]).fetchall()


def test_prints_the_report_of_the_database(command, year):
    answer = command("--months-back", "3")
    assert answer.returncode == 0, answer.stderr
    (report,) = year.execute("SELECT forecast_backtest_report(3)").fetchone().values()
    assert answer.stdout == report
    assert "| Bias | 14.29 % |" in report


def test_writes_report_plot_and_figures(command, year, tmp_path):
    answer = command("--out", tmp_path / "forecast of a year.md")
    assert answer.returncode == 0, answer.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"forecast of a year.{kind}" for kind in ("csv", "md", "svg")]
    report = (tmp_path / "forecast of a year.md").read_text()
    (plain,) = year.execute("SELECT forecast_backtest_report(6)").fetchone().values()
    assert report.startswith(plain)
    assert "](<forecast of a year.svg>)" in report and "](<forecast of a year.csv>)" in report


def test_the_figures_are_those_of_the_database(command, year, tmp_path):
    assert command("--out", tmp_path / "report.md").returncode == 0
    expected = rows_of(year)
    written = list(csv.DictReader(io.StringIO((tmp_path / "report.csv").read_text())))
    assert [list(row) for row in written] == [list(row) for row in expected]
    assert {row["segment_value"] for row in written} >= {'Bolt, "Nut" & Co', "Plain"}
    for mine, row in zip(written, expected):
        for name in ("horizon", "actual_value", "expected_value", "bias", "project_coverage", "skill_mean"):
            assert (Decimal(mine[name]) if mine[name] else None) == row[name]
    printed = command("--json")
    assert [row["monthly_error"] for row in json.loads(printed.stdout, parse_float=Decimal)] == \
        [row["monthly_error"] for row in expected]


def test_the_plot_shows_every_month_of_its_horizons(command, year, tmp_path):
    assert command("--out", tmp_path / "report.md").returncode == 0
    plot = ElementTree.parse(tmp_path / "report.svg").getroot()
    totals = [row for row in rows_of(year) if row["segment"] == "total" and row["forecast_month"]]
    shown = [row for row in totals if row["horizon"] in (1, 3, 6, 12)]
    titles = [title.text for title in plot.findall(f"{SVG}g/{SVG}title")]
    assert len(titles) == len(shown) > 6
    assert len([title for title in titles if "invoiced 1.75k, expected 2k" in title]) == len(shown)
    panels = [text.text + text.find(f"{SVG}tspan").text for text in plot.iter(f"{SVG}text") if text.get("class") == "panel"]
    assert len(panels) == len({row["horizon"] for row in shown})
    assert panels[0].endswith("horizon 1, invoiced within the band in 0 of 6 months")


def test_forecasts_are_replayed_from_history_on_request(command, year):
    answer = command("--months-back", "1", "--replay")
    assert answer.returncode == 1, "history begins today"
    assert "nothing to test" in answer.stderr
    year.execute("UPDATE project_history SET valid_from = valid_from - interval '1 year'")
    answer = command("--months-back", "1", "--replay")
    assert answer.returncode == 0, answer.stderr
    assert re.search("computed from history|from history", answer.stdout)


def test_options_reach_the_database(command, year):
    options = ("--months-back", "2", "--lag-days", "0", "--minimum-actual", "800.5")
    month = year.execute("SELECT (pipeline_forecast_month(pipeline_today()) - interval '2 months')::date AS day").fetchone()["day"]
    answer = command(*options, "--last-month", month.isoformat(), "--json")
    expected = year.execute("SELECT * FROM forecast_backtest(2, 0, 800.5, false, %s)", [month]).fetchall()
    assert [(row["forecast_month"], row["actual_value"]) for row in json.loads(answer.stdout, parse_float=Decimal)] == \
        [(row["forecast_month"] and row["forecast_month"].isoformat(), row["actual_value"]) for row in expected]
    assert {row["actual_value"] for row in expected if row["segment"] == "total" and row["forecast_month"]} == {1000}


def test_without_snapshots_it_says_what_to_do_and_writes_nothing(command, database, tmp_path):
    answer = command("--out", tmp_path / "report.md")
    assert answer.returncode == 1
    assert "there is nothing to test" in answer.stderr and "let the daily snapshot run" in answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--months-back", "0"], "months_back must be between 1 and 120, not 0"),
        (["--months-back", "-3"], "months_back must be between 1 and 120, not -3"),
        (["--lag-days", "-1"], "snapshot_lag_days must be between 0 and 366, not -1"),
        (["--minimum-actual", "much"], 'invalid input syntax for type numeric: "much"'),
        (["--last-month", "2017-13-01"], "2017-13-01"),
    ],
)
def test_arguments_that_make_no_sense_are_named(command, year, arguments, message):
    answer = command(*arguments)
    assert answer.returncode == 2
    assert message in answer.stderr


@pytest.mark.parametrize("arguments", [["--months-back", "six"], ["--out", "x.md", "--json"], ["--out"]])
def test_wrong_use_exits_with_2(arguments):
    assert run("backtest", *arguments).returncode == 2


def test_files_that_cannot_be_written_are_refused_before_the_work(command, year, tmp_path):
    for name, message in [
        ("nowhere/report.md", f'there is no folder "{tmp_path}/nowhere"'),
        ("report.svg", "--out names the report"),
        ("", "it is a folder"),
    ]:
        answer = command("--out", tmp_path / name)
        assert answer.returncode == 2, name
        assert message in answer.stderr
    (tmp_path / "report.csv").mkdir()
    answer = command("--out", tmp_path / "report.md")
    assert answer.returncode == 2 and "it is a folder" in answer.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]


def test_a_full_disk_leaves_the_former_report(command, year, tmp_path):
    """The files' limit stands for the disk's."""
    assert command("--out", tmp_path / "report.md").returncode == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    year.execute("UPDATE subitems SET amount_invoiced = 1")
    answer = subprocess.run(
        ["bash", "-c", 'trap "" XFSZ; ulimit -f 2; exec "$@"', "bash", PROGRAM, "backtest", "--out", tmp_path / "report.md"],
        env=environment_for(year.database), capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 1
    assert f'could not write "{tmp_path}/report.csv": File too large' in answer.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_role_without_rights_is_told_so(command, year):
    role = f"visitor_{year.database.name}"
    year.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    try:
        url = environment_for(year.database, role=None)["DATABASE_URL"].replace("user=pipeline_owner", f"user={role}")
        refused = command(DATABASE_URL=url)
        assert refused.returncode == 1
        assert "permission denied" in refused.stderr and "grant_forecast_reader" in refused.stderr
        year.execute("SELECT grant_forecast_reader(%s)", [role])
        allowed = command(DATABASE_URL=url)
        assert allowed.returncode == 0, allowed.stderr
    finally:
        year.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)))
