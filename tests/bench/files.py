#!/usr/bin/python3
"""Measures how fast a file is read by `pipeline-poller import`, against a plain COPY of the same file in the same run.

The reference is COPY FROM STDIN into an unlogged table of texts with the columns of the file: nothing is recognised,
checked or left out. Ours is what the importer says it took to bring the same rows to the database; what the whole import
takes, with its checks, history and analysis, is shown beside it. Needs the same server as run.py, and the poller built.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
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


def imported(connection, path, mapping):
    """The report of an import into an empty table, and the seconds of the whole command."""
    connection.execute("DELETE FROM projects")
    environment = os.environ | {"DATABASE_URL": f"dbname={connection.info.dbname}"}
    started = time.perf_counter()
    answer = subprocess.run([PROGRAM, "import", path, "--map", mapping, "--json"], env=environment, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise RuntimeError(f"the import ended with {answer.returncode}: {answer.stdout}{answer.stderr}")
    return json.loads(answer.stdout), time.perf_counter() - started


def measure(results, rows, repetitions):
    connection = create_database(f"pipeline_bench_files_{rows}")
    with tempfile.TemporaryDirectory() as folder:
        path, mapping = pathlib.Path(folder) / "list.csv", pathlib.Path(folder) / "mapping.json"
        write(path, rows)
        mapping.write_text(json.dumps(MAPPING))
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB", flush=True)
        references, ours, whole = [], [], []
        for _ in range(repetitions):
            references.append(plain_copy(connection, path))
            report, seconds = imported(connection, path, mapping)
            if (report["taken"], report["rejected"]) != (rows, 0):
                raise RuntimeError(f"{report['taken']} of {rows} rows were taken")
            ours.append(report["file"]["seconds"])
            whole.append(seconds)
        if value_of(connection, "SELECT count(*) FROM projects") != rows:
            raise RuntimeError("not all rows are there")
    results.add(Figure("reading a file / plain COPY", rows, min(references) * 1000, min(ours) * 1000, min(ours) / min(references), 3))
    results.add(Figure("the whole import / plain COPY", rows, min(references) * 1000, min(whole) * 1000, min(whole) / min(references), None))
    connection.close()
    drop_database(f"pipeline_bench_files_{rows}")


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
            # Of the largest import so far; the same whatever the size of the file.
            print(f"  memory of the import: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB", flush=True)
    show(results, chosen.csv)


if __name__ == "__main__":
    sys.exit(main())
