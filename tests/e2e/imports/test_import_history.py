"""Field histories of known programs and of any table, from files, and the snapshots of the past that they tell."""

import json

import pytest
from import_files import Imports

# name: (file name, encoding, text, arguments, what history says of it)
EXPORTS = {
    "salesforce field history": (
        "OpportunityFieldHistory.csv",
        "utf-8-sig",
        '"OpportunityId","Field","OldValue","NewValue","CreatedDate"\n'
        '"0061","Amount","30000.0","36000.0","2025-04-02T08:00:00.000+0000"\n'
        '"0061","created","","","2025-02-03T09:30:00.000+0000"\n'
        '"0061","StageName","Prospección","Propuesta","2025-03-10T22:15:00.000-0300"\n'
        '"0061","Region__c","Sur","Norte","2025-03-11T10:00:00.000+0000"\n',
        (),
        [
            ("2025-02-03 09:30", "Prospección", "30000.00", None),
            ("2025-03-11 01:15", "Propuesta", "30000.00", None),
            ("2025-04-02 08:00", "Propuesta", "36000.00", None),
        ],
    ),
    "hubspot properties": (
        "property-history.csv",
        "utf-16",
        "Record ID\tproperty\tvalue\ttimestamp\tsource\n"
        "0061\tdealstage\tPropuesta\t1741600000000\tCRM_UI\n"
        "0061\tdealstage\tContacto\t1738600000000\tCRM_UI\n"
        "0061\tamount\t36000\t1738600000000\tCRM_UI\n",
        (),
        [("2025-02-03 16:26", "Contacto", "36000.00", None), ("2025-03-10 09:46", "Propuesta", "36000.00", None)],
    ),
    "dynamics audit": (
        "audit.csv",
        "windows-1252",
        "Object ID;Changed Date;Event;Changed Field;Old Value;New Value\n"
        "0061;14.02.2025 16:05;Update;Est. Revenue;28.500,50;36.000,00\n"
        "0061;03.02.2025 08:00;Update;Status Reason;Prüfung;Propuesta\n",
        (),
        [("2025-02-03 08:00", "Propuesta", "28500.50", None), ("2025-02-14 16:05", "Propuesta", "36000.00", None)],
    ),
    "nightly exports": (
        "noches.txt",
        "utf-8",
        "noche|obra|etapa|importe|responsable\n"
        "2025-02-02|0061|Contacto|10000|Alba\n2025-02-03|0061|Contacto|10000|Alba\n2025-02-04|0061|Propuesta|36000|Nuno\n",
        (
            {
                "history": {"moment": "noche"},
                "fields": {
                    "project_id": "obra",
                    "pipeline_stage": "etapa",
                    "new_enquiry_value": "importe",
                    "sales_representative": "responsable",
                },
            },
        ),
        [("2025-02-02 00:00", "Contacto", "10000.00", "Alba"), ("2025-02-04 00:00", "Propuesta", "36000.00", "Nuno")],
    ),
}


@pytest.fixture
def imports(database, tmp_path):
    database.execute("""INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value)
                        VALUES ('0061', 'Nave', 'Propuesta', 36000)""")
    return Imports(database, tmp_path)


def arguments_of(imports, mappings):
    arguments = ["--history"]
    for mapping in mappings:
        path = imports.folder / "map.json"
        path.write_text(json.dumps(mapping))
        arguments += ["--map", path]
    return arguments


def past(imports):
    return [
        tuple(row.values())
        for row in imports.connection.execute(
            """SELECT to_char(timezone('UTC', valid_from), 'YYYY-MM-DD HH24:MI') AS at, pipeline_stage,
                      new_enquiry_value::text AS value, sales_representative
               FROM project_history WHERE origin = 'log' ORDER BY valid_from"""
        )
    ]


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_becomes_a_past(imports, name):
    file, encoding, text, mappings, expected = EXPORTS[name]
    arguments = arguments_of(imports, mappings)
    report = imports.report(imports.write(file, text, encoding), *arguments)
    assert past(imports) == expected
    assert report["versions_written"] == len(expected)
    # Of the project's own owner nothing is known, and the last of these nights names one.
    assert report["contradictions"] == (1 if name == "nightly exports" else 0)
    again = imports.report(imports.folder / file, *arguments)
    assert (again["versions_written"], again["versions_removed"]) == (0, 0)


def test_the_report_names_what_was_passed_over(imports):
    file, encoding, text, _, _ = EXPORTS["salesforce field history"]
    text += '"0099","Amount","1","2","2025-04-02T08:00:00.000+0000"\n"0061","Amount","1","2","someday"\n'
    path = imports.write(file, text, encoding)
    answer = imports.run(path, "--history")
    assert answer.returncode == 1
    assert "the past of 1 project: 3 versions written, 0 removed" in answer.stdout
    assert "1 × a project that is not there" in answer.stdout
    assert "not mapped: Region__c (1 row)" in answer.stdout
    assert imports.refusals() == [(7, "moment", "no moment that can be read")]
    assert imports.run(path, "--history", "--accept-losses").returncode == 0


def test_an_unknown_table_needs_a_mapping(imports):
    answer = imports.run(imports.write("list.csv", "a,b\n1,2\n"), "--history")
    assert answer.returncode == 2
    assert "is no history of a known program" in answer.stderr and past(imports) == []


def test_the_past_has_snapshots(imports):
    file, encoding, text, _, _ = EXPORTS["salesforce field history"]
    imports.report(imports.write(file, text, encoding), "--history")
    imports.connection.execute("SELECT configure_pipeline('snapshot_retention_days', '36500')")
    for _ in range(2):
        imports.connection.execute("CALL pipeline.replay_forecast_snapshots('2025-01-01', '2025-05-31')")
    days = imports.connection.execute(
        """SELECT d.snapshot_date::text AS day, o.origin, o.contract_value::text AS value
           FROM pipeline_forecast_snapshot_day d LEFT JOIN vw_forecast_origin o USING (snapshot_date) ORDER BY 1"""
    ).fetchall()
    assert [tuple(day.values()) for day in days] == [
        ("2025-02-28", "log", "30000.00"),
        ("2025-03-31", "log", "30000.00"),
        ("2025-04-30", "log", "36000.00"),
        ("2025-05-31", "log", "36000.00"),
    ]
    runs = imports.connection.execute("SELECT items_created, status FROM sync_log WHERE sync_type = 'history_replay' ORDER BY id").fetchall()
    assert [tuple(run.values()) for run in runs] == [(4, "completed"), (0, "completed")]
