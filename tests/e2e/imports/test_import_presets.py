"""Exports of known programs, in several languages, imported without a mapping."""

import json

import pytest
from import_files import Imports

# name: (file name, encoding, text, preset, projects, what is stored of them)
EXPORTS = {
    "salesforce report": (
        "report1752480000.csv",
        "utf-8-sig",
        '"Opportunity-ID","Name der Opportunity","Accountname","Phase","Betrag","Schlusstermin","Erstelldatum","Wahrscheinlichkeit (%)","Inhaber der Opportunity"\n'
        '"006Qx00000Ab1cD","Hallendach Süd","Nordwind GmbH","Angebot","120000","14.08.2031","02.01.2031","60","Kern"\n'
        '"006Qx00000aB1Cd","Vordach","Südwind AG","Gewonnen","48000","28.03.2031","15.01.2031","100","Bach"\n'
        '"006Qx00000Ab1cE","Carport","Ostwind KG","Verloren","9000","30.04.2031","20.02.2031","0","Kern"\n'
        '\n"Pipeline Quartal"\n"Copyright (c) 2031, alle Rechte vorbehalten"\n"Vertraulich - nicht weitergeben"\n"Erstellt von: Bericht 14.07.2031"\n',
        "Salesforce report",
        [
            ("006Qx00000Ab1cD", "Hallendach Süd", "Nordwind GmbH", "Angebot", "120000.00", "2031-08-14", "60.000", None),
            ("006Qx00000Ab1cE", "Carport", "Ostwind KG", "Verloren", "9000.00", "2031-04-30", "0.000", None),
            ("006Qx00000aB1Cd", "Vordach", "Südwind AG", "Gewonnen", "48000.00", "2031-03-28", "100.000", "2031-03-28"),
        ],
    ),
    "salesforce objects": (
        "Opportunity.csv",
        "utf-8",
        "AccountId,Account.Name,Amount,CloseDate,CreatedDate,Id,IsClosed,IsWon,LeadSource,Name,OwnerId,Probability,StageName,Type\n"
        "001A,Borealis,70000.0,2031-09-30,2031-02-03T10:11:12.000+0000,006A,false,false,Web,Quay roof,005A,40,Value Proposition,New\n"
        "001B,Australis,31000.5,2031-05-20,2031-01-07T23:30:00.000+0000,006B,true,true,Fair,Depot,005B,100,Closed Won,New\n",
        "Salesforce objects",
        [
            ("006A", "Quay roof", "Borealis", "Value Proposition", "70000.00", "2031-09-30", "40.000", None),
            ("006B", "Depot", "Australis", "Closed Won", "31000.50", "2031-05-20", "100.000", "2031-05-20"),
        ],
    ),
    "hubspot": (
        "hubspot-export.csv",
        "utf-8",
        "ID de registro,Etapa del negocio,Nombre del negocio,Fecha de cierre,Valor,Propietario del negocio,Fecha de creación,Empresa asociada\n"
        "90210001,Propuesta enviada,Nave norte,2031-10-02 09:30,52000.75,Vega,2031-03-01 08:00,Poniente SL\n"
        "90210002,Cierre ganado,Tejado puerto,2031-06-11 17:45,18000,Luna,2031-02-11 12:00,Levante SA\n",
        "HubSpot deals",
        [
            ("90210001", "Nave norte", "Poniente SL", "Propuesta enviada", "52000.75", "2031-10-02", None, None),
            ("90210002", "Tejado puerto", "Levante SA", "Cierre ganado", "18000.00", "2031-06-11", None, "2031-06-11"),
        ],
    ),
    "pipedrive": (
        "deals-4711-12.csv",
        "utf-8",
        "Deal - ID;Deal - Titel;Deal - Wert;Deal - Währung von Wert;Deal - Phase;Deal - Status;Deal - Organisation;Deal - Wahrscheinlichkeit;Deal - Erwartetes Abschlussdatum;Deal - Gewonnen am\n"
        "71;Silo;25000;EUR;Angebot gemacht;Offen;Windrad eG;35;2031-11-15;\n"
        "72;Scheune;14000;EUR;Verhandlung;Gewonnen;Kornfeld eG;;2031-06-30;2031-06-21 10:00:05\n"
        "73;Stall;8000;EUR;Angebot gemacht;Verloren;Windrad eG;;2031-05-31;\n",
        "Pipedrive deals",
        [
            ("71", "Silo", "Windrad eG", "Angebot gemacht", "25000.00", "2031-11-15", "35.000", None),
            ("72", "Scheune", "Kornfeld eG", "Gewonnen", "14000.00", "2031-06-30", None, "2031-06-21"),
            ("73", "Stall", "Windrad eG", "Verloren", "8000.00", "2031-05-31", None, None),
        ],
    ),
    "dynamics": (
        "Mes opportunités.csv",
        "utf-8",
        "Rubrique,Client potentiel,Date de fermeture est.,Revenu est.,Probabilité,Statut,Créé le\n"
        "Toiture gare,Vent du Nord SARL,28/11/2031,61000,55,Ouvert,13/02/2031 09:15\n"
        "Préau,Vent du Sud SA,30/04/2031,12500,100,Gagné,21/01/2031 16:40\n",
        "Dynamics 365 opportunities",
        [
            (None, "Toiture gare", "Vent du Nord SARL", "Ouvert", "61000.00", "2031-11-28", "55.000", None),
            (None, "Préau", "Vent du Sud SA", "Gagné", "12500.00", "2031-04-30", "100.000", "2031-04-30"),
        ],
    ),
    "zoho": (
        "Deals_2031.csv",
        "utf-8",
        "Record Id,Deal Owner.id,Deal Owner,Closing Date,Deal Name,Account Name.id,Account Name,Stage,Amount,Probability (%),Created Time\n"
        "zcrm_5001,zcrm_1,Moor,2031-12-05,Greenhouse,zcrm_9,Heath Ltd,Negotiation/Review,33000,70,2031-04-02T11:22:33+05:30\n"
        "zcrm_5002,zcrm_2,Fell,2031-07-08,Boathouse,zcrm_8,Tarn Ltd,Closed Lost,21000,0,2031-04-09T01:02:03+05:30\n",
        "Zoho deals",
        [
            ("zcrm_5001", "Greenhouse", "Heath Ltd", "Negotiation/Review", "33000.00", "2031-12-05", "70.000", None),
            ("zcrm_5002", "Boathouse", "Tarn Ltd", "Closed Lost", "21000.00", "2031-07-08", "0.000", None),
        ],
    ),
    "odoo": (
        "crm.lead.csv",
        "utf-8",
        "Stufe,Verkaufschance,Kunde,Erwarteter Umsatz,Wahrscheinlichkeit,Erwarteter Abschluss,Erstellt am,Externe ID\n"
        "Neu (1),,,40000.0,,,,\n"
        "Neu,Lagerhalle,Talwind GmbH,40000.0,25.5,2031-09-15,2031-05-05 07:08:09,crm_lead_11\n"
        "Gewonnen (1),,,23000.0,,,,\n"
        "Gewonnen,Pforte,Bergwind GmbH,23000.0,100.0,2031-04-18,2031-03-03 10:00:00,crm_lead_12\n",
        "Odoo opportunities",
        [
            ("crm_lead_11", "Lagerhalle", "Talwind GmbH", "Neu", "40000.00", "2031-09-15", "25.500", None),
            ("crm_lead_12", "Pforte", "Bergwind GmbH", "Gewonnen", "23000.00", "2031-04-18", "100.000", "2031-04-18"),
        ],
    ),
    "bitrix24": (
        "DEAL_20310714.csv",
        "utf-8-sig",
        "ID;Название сделки;Стадия сделки;Сумма;Валюта;Компания;Ответственный;Дата начала;Предполагаемая дата закрытия;Вероятность\n"
        "801;Навес;Подготовка документов;9500000000;KZT;Север;Иванов-Тест;13.05.2031;25.09.2031;45\n"
        "802;Ангар;Сделка успешна;900000;KZT;Юг;Иванов-Тест;14.01.2031;30.03.2031;100\n",
        "Bitrix24 deals",
        [
            ("801", "Навес", "Север", "Подготовка документов", "9500000000.00", "2031-09-25", "45.000", None),
            ("802", "Ангар", "Юг", "Сделка успешна", "900000.00", "2031-03-30", "100.000", "2031-03-30"),
        ],
    ),
    "monday": (
        "Deals_1752480000.csv",
        "utf-8",
        "Deals,,,,,,\nAll deals of the north,,,,,,\n,,,,,,\nOpen,,,,,,\n"
        "Name,Subitems,Stage,Deal Value,Expected Close Date,Close Probability,Item ID (auto generated)\n"
        "Pier,\"Plan, Steel\",Negotiation,82000,2031-10-20,40,1110001\n"
        "Subitems,Name,Owner,,,,\n,Plan,Reed,,,,\n,Steel,Moss,,,,\n"
        ",,,82000,,,\n,,,,,,\nDone,,,,,,\n"
        "Name,Subitems,Stage,Deal Value,Expected Close Date,Close Probability,Item ID (auto generated)\n"
        "Shed,,Won,5000,2031-02-14,100,1110002\n,,,5000,,,\n",
        "monday.com board",
        [
            ("1110001", "Pier", None, "Negotiation", "82000.00", "2031-10-20", "40.000", None),
            ("1110002", "Shed", None, "Won", "5000.00", "2031-02-14", "100.000", None),
        ],
    ),
}
COLUMNS = "monday_id project_name account pipeline_stage new_enquiry_value expected_start_date probability_percent date_order_received"


@pytest.fixture
def imports(database, tmp_path):
    return Imports(database, tmp_path)


def accept_stages(imports, report):
    """As the owner of the tables does with the statements of a report."""
    for stage in report["stages_without_rule"]:
        imports.connection.execute(stage["statement"])


@pytest.mark.parametrize("kind", EXPORTS)
def test_known_export_needs_no_mapping(imports, kind):
    name, encoding, text, preset, stored = EXPORTS[kind]
    path = imports.write(name, text, encoding)
    proposal = imports.proposal(path)
    assert proposal["preset"] == preset
    assert proposal["ready"], (proposal["questions"], proposal["missing"])
    assert imports.count() == 0, "a proposal imports nothing"

    answer = imports.run(path, "--json")
    report = json.loads(answer.stdout)
    assert (report["preset"], report["taken"], report["rejected"]) == (preset, len(stored), 0), answer.stderr
    found = imports.rows(COLUMNS)
    assert [row[1:] for row in found] == [row[1:] for row in stored]
    assert all(want[0] in (None, row[0]) for row, want in zip(found, stored))

    # Stages that seem won or lost and are forecast as open are a loss, until the statements of the report are run.
    assert answer.returncode == (1 if any(stage["stage_bucket"] != "Open" for stage in report["stages_without_rule"]) else 0)
    accept_stages(imports, report)
    again = imports.report(path)
    assert (again["inserted"], again["unchanged"], again["stages_without_rule"]) == (0, len(stored), [])


@pytest.mark.parametrize("kind", EXPORTS)
def test_the_proposed_mapping_is_a_mapping(imports, kind):
    name, encoding, text, _, stored = EXPORTS[kind]
    path = imports.write(name, text, encoding)
    mapping = imports.write("mapping.json", imports.run(path, "--propose").stdout)
    report = json.loads(imports.run(path, "--map", mapping, "--json").stdout)
    assert report["taken"] >= len(stored)
    assert {row[1] for row in stored} <= {row[0] for row in imports.rows("project_name")}


def test_an_unknown_list_is_proposed_by_its_titles(imports):
    path = imports.write(
        "liste.csv",
        "Projektnummer;Bauvorhaben;Kunde;Vertriebsstatus;Angebotssumme;Interne Notiz\nP-1;Dach;Nordwind;Angebot;1.200,50;x\nP-2;Tor;Südwind;Anfrage;800,00;\n",
    )
    proposal = imports.proposal(path)
    assert "preset" not in proposal and proposal["ready"], proposal
    columns = {column["column"]: column for column in proposal["columns"]}
    assert columns["Interne Notiz"]["field"] is None and columns["Angebotssumme"]["samples"] == ["1.200,50", "800,00"]
    assert {name: column["field"] for name, column in columns.items() if column["field"]} == {
        "Projektnummer": "project_id",
        "Bauvorhaben": "project_name",
        "Kunde": "account",
        "Vertriebsstatus": "pipeline_stage",
        "Angebotssumme": "new_enquiry_value",
    }
    assert imports.report(path)["taken"] == 2
    assert imports.rows("new_enquiry_value") == [("1200.50",), ("800.00",)]


def test_a_list_that_says_too_little_is_not_imported(imports):
    answer = imports.run(imports.write("list.csv", "Farbe,Form\nrot,rund\nblau,eckig\n"))
    assert answer.returncode == 2
    assert "no column was recognised for project_id" in answer.stderr and "--propose" in answer.stderr
    assert imports.count() == 0


def test_dates_that_can_be_read_twice_are_asked_about(imports):
    head = "Record ID,Deal Name,Deal Stage,Close Date,Amount\n"
    path = imports.write("deals.csv", head + "1,Roof,Qualified,03/04/2031,5\n2,Hall,Qualified,05/06/2031,6\n")
    answer = imports.run(path)
    assert answer.returncode == 2
    assert "2031-04-03" in answer.stderr and "2031-03-04" in answer.stderr and "--day-format" in answer.stderr
    assert imports.count() == 0
    imports.report(path, "--day-format", "MM/DD/YYYY")
    assert imports.rows("expected_start_date") == [("2031-03-04",), ("2031-05-06",)]


def test_preset_may_be_said(imports):
    path = imports.write("list.csv", EXPORTS["odoo"][2])
    assert imports.proposal(path, "--preset", "Odoo opportunities")["preset"] == "Odoo opportunities"
    answer = imports.run(path, "--preset", "Paper")
    assert answer.returncode == 2 and 'no preset "Paper"' in answer.stderr and "HubSpot deals" in answer.stderr
