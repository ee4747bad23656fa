#!/usr/bin/python3
"""Measures how fast a file is read by `pipeline-poller import`, against a plain COPY of the same file in the same run.

The reference is COPY FROM STDIN into an unlogged table of texts with the columns of the file: nothing is recognised,
checked or left out. Ours is what the importer says it took to bring the same rows to the database. The whole import, with
its checks, history and (up to 50,000 rows) analysis, is shown beside it: against the same COPY, and against the least that
fills a table with the keys of projects, a COPY and an INSERT of what it brought. Each import fills a new database. Needs
the same server as run.py, and the poller built.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

from psycopg import sql

from harness import HERE, Figure, Results, create_database, drop_database, show, value_of, without_autovacuum

PROGRAM = pathlib.Path(os.environ.get("PIPELINE_POLLER", HERE.parents[1] / "build" / "cmake" / "poller" / "pipeline-poller"))
HEAD = "Ref;Vorhaben;Kunde;Stufe;Wert;Angelegt;Ende;Chance;Betreuer;Ort;Notiz;Telefon;Quelle;Gruppe;Art;Kennung\r\n"
STAGES = ("Open Enquiry", "Customer Has Order", "Lost", "Won - Closed (Invoiced)")
MAPPING = {
    "fields": {
        "project_id": "Ref",
        "project_name": "Vorhaben",
        "account": "Kunde",
        "pipeline_stage": "Stufe",
        "new_enquiry_value": "Wert",
        "date_created": "Angelegt",
        "expected_start_date": "Ende",
        "probability_percent": "Chance",
    }
}


def write(path, rows):
    """About 250 bytes a row, as a spreadsheet of Europe writes it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEAD)
        for n in range(rows):
            file.write(
                f'REF-{n:08};"Vorhaben ""{n % 977}"" am Ufer";Kunde {n % 3001} GmbH & Söhne;{STAGES[n % 4]};{n % 90000},{n % 100:02};'
                f"{n % 28 + 1:02}.{n % 12 + 1:02}.2030;{n % 28 + 1:02}.{n % 12 + 1:02}.2031;{n % 101};Betreuer {n % 40};Ort {n % 700};"
                f'"Rückruf, dann Angebot; Zeile {n}";+49 000 {n % 1000000:06};Messe;{n % 7};Neubau;{(n * 2654435761) % 2**32:08x}\r\n'
            )


def plain_copy(connection, path):
    """Seconds of a COPY of the file into one table of texts."""
    columns = HEAD.strip().split(";")
    connection.execute("DROP TABLE IF EXISTS plain")
    connection.execute(sql.SQL("CREATE UNLOGGED TABLE plain ({})").format(
        sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(column)) for column in columns)))
    started = time.perf_counter()
    with path.open("rb") as file, connection.cursor().copy("COPY plain FROM STDIN (FORMAT csv, HEADER, DELIMITER ';')") as copy:
        while block := file.read(256 * 1024):
            copy.write(block)
    return time.perf_counter() - started


def keyed_load(connection):
    """Seconds of an INSERT of what plain_copy() brought into a table with the columns and indexes of projects."""
    connection.execute("DROP TABLE IF EXISTS keyed")
    connection.execute("CREATE TABLE keyed (LIKE projects INCLUDING ALL)")
    started = time.perf_counter()
    connection.execute("""
        INSERT INTO keyed (monday_id, item_name, project_name, account, pipeline_stage, new_enquiry_value, date_created,
                           expected_start_date, probability_percent)
        SELECT "Ref", "Ref", "Vorhaben", "Kunde", "Stufe", replace("Wert", ',', '.')::numeric, to_date("Angelegt", 'DD.MM.YYYY'),
               to_date("Ende", 'DD.MM.YYYY'), "Chance"::numeric
        FROM plain""")
    return time.perf_counter() - started


def most_memory(process):
    """The most that it ever held, in MiB, asked for while it runs: what the system says at the end counts this program."""
    most = 0
    while process.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            break
        most = max([most, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
        time.sleep(0.01)
    return most / 1024


def imported(connection, path, mapping):
    """The report of an import, the seconds of the whole command and the memory that it held."""
    environment = os.environ | {"DATABASE_URL": f"dbname={connection.info.dbname}"}
    started = time.perf_counter()
    with subprocess.Popen([PROGRAM, "import", path, "--map", mapping, "--json"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        memory = []
        watch = threading.Thread(target=lambda: memory.append(most_memory(process)))
        watch.start()
        answer, _ = process.communicate()
        seconds = time.perf_counter() - started
        watch.join()
    if process.returncode != 0:
        raise RuntimeError(f"the import ended with {process.returncode}: {answer}")
    return json.loads(answer), seconds, memory[0]


def measure(results, rows, repetitions):
    name = f"pipeline_bench_files_{rows}"
    with tempfile.TemporaryDirectory() as folder:
        path, mapping = pathlib.Path(folder) / "list.csv", pathlib.Path(folder) / "mapping.json"
        write(path, rows)
        mapping.write_text(json.dumps(MAPPING))
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB", flush=True)
        copies, loads, ours, whole, memory = [], [], [], [], []
        for _ in range(repetitions):
            with create_database(name) as connection:
                connection.execute("CHECKPOINT")
                copies.append(plain_copy(connection, path))
                loads.append(copies[-1] + keyed_load(connection))
                connection.execute("CHECKPOINT")
                report, seconds, held = imported(connection, path, mapping)
                if (report["taken"], report["rejected"]) != (rows, 0):
                    raise RuntimeError(f"{report['taken']} of {rows} rows were taken")
                if value_of(connection, "SELECT count(*) FROM projects") != rows:
                    raise RuntimeError("not all rows are there")
            ours.append(report["file"]["seconds"])
            whole.append(seconds)
            memory.append(held)
            drop_database(name)
    copy, load = min(copies), min(loads)
    results.add(Figure("reading a file / plain COPY", rows, copy * 1000, min(ours) * 1000, min(ours) / copy, 3))
    results.add(Figure("the whole import / plain COPY", rows, copy * 1000, min(whole) * 1000, min(whole) / copy, 3))
    results.add(Figure("the whole import / load with the same keys", rows, load * 1000, min(whole) * 1000, min(whole) / load, None))
    results.add(Figure("memory of the importer", rows, None, None, max(memory), 32, "MiB"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="50000,200000", metavar="N,N,...", help="numbers of rows; 1200000 are 300 MB (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N")
    parser.add_argument("--csv", default="build/bench-files.csv", type=pathlib.Path, metavar="PATH")
    chosen = parser.parse_args()
    results = Results()
    with without_autovacuum():
        for rows in sorted(int(size) for size in chosen.sizes.split(",")):
            measure(results, rows, chosen.repetitions)
    show(results, chosen.csv)


if __name__ == "__main__":
    sys.exit(main())
