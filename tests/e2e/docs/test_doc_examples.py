"""The examples of README and docs/ hold: SQL runs in a database with some data, commands and their options exist, and the
files that are shown are taken as they stand."""

import json
import re
import shlex
import subprocess

import psycopg
import pytest

from cluster import ROOT, fill
from poller import PROGRAM

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# What an example may miss in the database of a test: a snapshot of its day, its project, pg_cron; or it makes what is there.
MISSING = {"55000", "P0002", "42710"}
# One database of a cluster has it, and it is not that of a test.
ELSEWHERE = ("CREATE EXTENSION pg_cron",)
# Described already, and not there yet.
COMING = ("pipeline_checks",)
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```", flags=re.MULTILINE | re.DOTALL)


def fences(page):
    for found in FENCE.finditer(page.read_text(encoding="utf-8")):
        yield found["language"], found["text"].replace("\\\n", " ")


def without_comments(text):
    return re.sub(r"--[^\n]*", "", text)


def commands(page):
    """The words of each line of a shell example, comments left out."""
    for language, text in fences(page):
        if language not in ("", "sh"):
            continue
        for line in text.splitlines():
            for part in re.split(r"&&|\||>", line):
                try:
                    words = shlex.split(part, comments=True)
                except ValueError:
                    continue
                yield [word for word in words if word != "sudo"]


def statements(page):
    """Lists of statements that follow each other."""
    for language, text in fences(page):
        if language == "sql":
            yield [each.strip() for each in without_comments(text).split(";") if each.strip()]
    for words in commands(page):
        if words[:1] == ["psql"]:
            yield [words[place + 1] for place, word in enumerate(words) if word == "-c"]


@pytest.fixture(scope="module")
def examples(cluster):
    """A database as the examples know it: projects, analyses, snapshots of two days, somebody's own table, roles."""
    cluster.create_set_up_database("examples")
    with cluster.connect("examples") as connection:
        fill(connection)
        connection.execute("SELECT pipeline.analyze_projects()")
        connection.execute("SELECT pipeline.create_pipeline_forecast_snapshot()")
        connection.execute("CALL pipeline.refresh_pipeline_views()")
        connection.execute("CREATE SCHEMA crm CREATE TABLE opportunities (id text, customer text)")
        for role in ("bi", "sales", "pipeline"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
            connection.execute(f"CREATE ROLE {role}")
        yield connection
    cluster.drop_database("examples")
    with cluster.connect("postgres") as connection:
        connection.execute("DROP ROLE bi, sales, pipeline")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sql_examples_run(page, examples):
    wrong = []
    for block in statements(page):
        with examples.transaction(force_rollback=True):
            for statement in block:
                if any(name in statement for name in COMING + ELSEWHERE):
                    continue
                text = re.sub(r"\b(DATABASE|database) sales\b", r"\1 examples", statement)
                # Which is not to be had inside a transaction.
                text = text.replace("CREATE INDEX CONCURRENTLY", "CREATE INDEX")
                if text.startswith("CALL"):
                    text = re.sub(r"CALL ([\w.]+)\(\)", r"SELECT '\1'::regproc", text)
                try:
                    with examples.transaction():
                        examples.execute(text)
                except psycopg.Error as error:
                    if error.sqlstate not in MISSING:
                        wrong.append(f"{text}: {error}")
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_the_poller_exist(page):
    wrong = []
    for words in commands(page):
        while words and words[0] != "pipeline-poller":
            words = words[1:]
        if not words[1:]:
            continue
        plain, said = [], subprocess.run([PROGRAM, "--help"], check=True, capture_output=True, text=True).stdout
        for word in words[1:]:
            asked = subprocess.run([PROGRAM, *plain, word, "--help"], capture_output=True, text=True)
            if re.fullmatch(r"[a-z][a-z-]*", word) and re.search(rf"^  {word} ", said, flags=re.MULTILINE):
                plain.append(word)
                said += asked.stdout
        wrong += [f"{shlex.join(words)}: {word}" for word in words[1:] if word.startswith("--") and word not in said]
        if not plain and not {"--help", "--version"} & set(words):
            wrong.append(f"{shlex.join(words)}: no such command")
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_make_targets_exist(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    # Those of PGXS.
    known = {"all", "clean", "install", "installcheck", "uninstall"} | set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z-]+)", text)) | {
        word for words in commands(page) if words[:1] == ["make"] for word in words[1:] if re.fullmatch("[a-z-]+", word)}
    assert named <= known


def shown(name, key):
    """The JSON file with this key that a page shows."""
    found = [json.loads(text) for language, text in fences(ROOT / "docs" / name) if language == "json"]
    return next(each for each in found if key in each)


def test_the_board_file_is_taken(examples):
    with examples.transaction(force_rollback=True):
        boards = examples.execute(
            "SELECT * FROM pipeline.import_monday_boards(%s)", [json.dumps(shown("monday.md", "boards"))]).fetchall()
    assert len(boards) == 3


def test_the_mapping_is_taken(examples):
    with examples.transaction(force_rollback=True):
        examples.execute("""
            CREATE TEMP TABLE opportunities AS
            SELECT '1' AS opportunity_id, 'Acme' AS account, 'Won' AS deal_stage, 'Board' AS product,
                   '01/02/2026' AS engage_date, '03/04/2026' AS close_date;
            CREATE TEMP TABLE products AS SELECT 'Board' AS product, '100.50' AS sales_price""")
        counts = examples.execute(
            "SELECT * FROM pipeline.import_projects('opportunities', %s)", [json.dumps(shown("import.md", "fields"))]).fetchone()
        project = examples.execute("SELECT * FROM pipeline.projects WHERE monday_id = '1'").fetchone()
    assert (counts["inserted"], counts["rejected"]) == (1, 0)
    assert (project["pipeline_stage"], str(project["new_enquiry_value"])) == ("Won - Closed (Invoiced)", "100.50")
    assert (str(project["expected_start_date"]), project["gestation_period"]) == ("2026-05-02", 61)
