"""Excel workbooks: every program's way of writing them, what cells hold, and what is no workbook or a damaged one."""

import io
import zipfile
from datetime import date, datetime

import pytest
from import_files import Imports
from workbooks import DOLLAR, EURO, PERCENT, PROGRAMS, Cell, Writer, zipped

HEAD = ["Auftrag", "Bauvorhaben", "Kunde", "Summe", "Chance", "Beginn", "Angelegt"]
ROWS = [
    ["Offene Bauvorhaben"],
    [],
    HEAD,
    [7001, "Kai <Nord> & Süd", "Hafen eG", Cell(1250.5, EURO), Cell(0.35, PERCENT), date(2031, 9, 14), datetime(2031, 2, 3, 16, 45)],
    [7002, "Speicher", "Markt AG", Cell(1.234, EURO), Cell(0.07, PERCENT), date(2032, 1, 1), datetime(2031, 3, 5)],
    [],
    [7003, "Mole", None, None, None, None, None],
    ["Vertraulich"],
]
FIELDS = {"project_id": "Auftrag", "project_name": "Bauvorhaben", "account": "Kunde", "new_enquiry_value": "Summe",
          "probability_percent": "Chance", "expected_start_date": "Beginn", "date_created": "Angelegt"}
COLUMNS = "monday_id project_name account new_enquiry_value probability_percent expected_start_date date_created"
STORED = [
    ("7001", "Kai <Nord> & Süd", "Hafen eG", "1250.50", "35.000", "2031-09-14", "2031-02-03"),
    ("7002", "Speicher", "Markt AG", "1.23", "7.000", "2032-01-01", "2031-03-05"),
    ("7003", "Mole", None, None, None, None, None),
]


@pytest.fixture
def imports(database, tmp_path):
    return Imports(database, tmp_path)


@pytest.mark.parametrize("program", PROGRAMS)
def test_workbook_of_any_program(imports, program):
    path = imports.write("Liste.xlsx", Writer(**PROGRAMS[program]).book({"Vorhaben": ROWS}))
    report = imports.report(path, *imports.map(**FIELDS))
    assert imports.rows(COLUMNS) == STORED
    file = report["file"]
    assert (file["sheet"], file["other_sheets"], file["head_line"], file["rows"]) == ("Vorhaben", [], 3, 3)
    assert [(left["kind"], left["rows"], left["first_line"]) for left in file["left_out"]] == [("footer", 1, 8)]
    again = imports.run(path, *imports.map(**FIELDS))
    assert again.returncode == 0 and 'sheet "Vorhaben", head in row 3' in again.stdout, again.stdout + again.stderr


def test_sheet_is_the_first_shown_or_the_one_that_is_said(imports):
    book = Writer().book({"Lists": [["x"]], "Open": [HEAD, [1, "Pier"]], "Won": [HEAD, [2, "Dam"]]}, hidden=("Lists",))
    path = imports.write("book.xlsx", book)
    mapped = imports.map(project_id="Auftrag", project_name="Bauvorhaben")
    report = imports.report(path, *mapped)
    assert (report["file"]["sheet"], report["file"]["other_sheets"]) == ("Open", ["Lists", "Won"])
    assert 'not read: sheet "Lists", "Won"; --sheet NAME takes another' in imports.run(path, *mapped).stdout
    imports.report(path, *mapped, "--sheet", "Won")
    assert imports.rows("monday_id project_name") == [("1", "Pier"), ("2", "Dam")]
    answer = imports.run(path, *mapped, "--sheet", "Lost")
    assert answer.returncode == 2 and 'has no sheet "Lost"' in answer.stderr and '"Lists", "Open", "Won"' in answer.stderr


def test_row_numbers_are_those_of_the_sheet_and_errors_are_named(imports):
    rows = [HEAD, [1, "Pier", "A", 10], [], [2, Cell("#NAME?", kind="e"), "B", Cell("#REF!", kind="e")], [3, "Tor", "C", Cell(None, formula="D2*2")],
            [Cell("#N/A", kind="e"), "Weg", "D", 4], [5, "Hof", True, "5,5"]]
    path = imports.write("list.xlsx", Writer().book({"S": rows}))
    imports.report(path, *imports.map(project_id="Auftrag", project_name="Bauvorhaben", account="Kunde", new_enquiry_value="Summe"), "--accept-losses")
    failed = "a formula of the spreadsheet has failed"
    refused = [(line, field) for line, field, reason in imports.refusals() if reason == failed]
    assert {(4, "new_enquiry_value"), (4, "project_name"), (5, "new_enquiry_value")} <= set(refused)
    assert 6 in {line for line, _, _ in imports.refusals()}
    stored = imports.rows("monday_id project_name account new_enquiry_value")
    assert stored == [("1", "Pier", "A", "10.00"), ("2", None, "B", None), ("3", "Tor", "C", None), ("5", "Hof", "true", "5.50")]
    assert "row 4: #REF!" in imports.run(path, *imports.map(project_id="Auftrag", new_enquiry_value="Summe"), "--accept-losses").stdout


def test_currencies_of_number_formats_are_not_summed_up(imports):
    rows = [["Ref", "Wert"], [1, Cell(100, EURO)], [2, Cell(200, EURO)], [3, Cell(300, DOLLAR)]]
    path = imports.write("list.xlsx", Writer().book({"S": rows}))
    answer = imports.run(path, *imports.map(project_id="Ref", new_enquiry_value="Wert"))
    assert answer.returncode == 2 and "rates" in answer.stderr + answer.stdout
    rated = {"project_id": "Ref", "new_enquiry_value": {"column": "Wert", "rates": {"EUR": 1, "USD": 0.5}}}
    imports.report(path, *imports.map(**rated))
    assert imports.rows("new_enquiry_value") == [("100.00",), ("200.00",), ("150.00",)]


def test_merged_text_holds_for_all_its_rows_and_an_amount_once(imports):
    rows = [["Kunde", "Ref", "Wert"], ["Nord", "a", 900], [None, "b", None], ["Süd", "c", 50]]
    path = imports.write("list.xlsx", Writer().book({"S": rows}, merged=("A2:A3", "C2:C3")))
    imports.report(path, *imports.map(project_id="Ref", account="Kunde", new_enquiry_value="Wert"))
    assert imports.rows("monday_id account new_enquiry_value") == [("a", "Nord", "900.00"), ("b", "Nord", None), ("c", "Süd", "50.00")]


def test_ids_of_more_digits_than_a_spreadsheet_keeps_are_refused(imports):
    path = imports.write("list.xlsx", Writer().book({"S": [["Ref", "Name"], [90000000012, "Pier"], [12345678901234567, "Dam"], ["0012345678901234567", "Weir"]]}))
    imports.report(path, *imports.map(project_id="Ref", project_name="Name"), "--accept-losses")
    assert imports.refusals() == [(3, None, "project_id: an id that a spreadsheet has shortened; export it as text")]
    assert imports.rows("monday_id project_name") == [("0012345678901234567", "Weir"), ("90000000012", "Pier")]


MONDAY = ["Name", "Subitems", "Stage", "Deal Value", "Expected Close Date", "Close Probability", "Item ID (auto generated)"]


@pytest.mark.parametrize("program", ["Excel", "a report program"])
def test_board_of_monday_needs_no_mapping(imports, program):
    rows = [
        ["Deals"], ["All deals of the north"], [], ["Open"], MONDAY,
        ["Pier", "Plan, Steel", "Negotiation", 82000, date(2031, 10, 20), 40, 1110000001],
        ["Subitems", "Name", "Owner"], [None, "Plan", "Reed"], [None, "Steel", "Moss"],
        [None, None, None, 82000], [], ["Done"], MONDAY,
        ["Shed", None, "Won", 5000, date(2031, 2, 14), 100, 1110000002], [None, None, None, 5000],
    ]
    path = imports.write("Deals_1752480000.xlsx", Writer(**PROGRAMS[program]).book({"Deals": rows}))
    proposal = imports.proposal(path)
    assert proposal["preset"] == "monday.com board" and proposal["ready"], (proposal["questions"], proposal["missing"])
    report = imports.report(path, "--accept-losses")
    assert report["preset"] == "monday.com board" and report["file"]["head_line"] == 5
    assert imports.rows("monday_id project_name pipeline_stage new_enquiry_value expected_start_date probability_percent") == [
        ("1110000001", "Pier", "Negotiation", "82000.00", "2031-10-20", "40.000"),
        ("1110000002", "Shed", "Won", "5000.00", "2031-02-14", "100.000"),
    ]


def test_workbook_as_second_table(imports):
    imports.write("Preise.xlsx", Writer(inline=True).book({"P": [["Artikel", "Preis"], ["Tor", 70], ["Zaun", 12.5]]}))
    (imports.folder / "map.json").write_text(
        '{"fields": {"project_id": "Ref", "new_enquiry_value": {"column": "Artikel", "lookup": {"table": "p", "key": "Artikel", "value": "Preis"}}},'
        ' "lookup_files": {"p": "Preise.xlsx"}}'
    )
    imports.report(imports.write("list.csv", "Ref,Artikel\n1,Tor\n2,Zaun\n"), "--map", imports.folder / "map.json")
    assert imports.rows("new_enquiry_value") == [("70.00",), ("12.50",)]


def damaged(change):
    book = bytearray(Writer().book({"S": [HEAD] + [[number, f"Vorhaben {number}"] for number in range(3000)]}))
    return bytes(change(book))


@pytest.mark.parametrize(
    "content, why",
    [
        (b"PK\x03\x04rest", "is damaged"),
        (damaged(lambda book: book[: len(book) // 2]), "is damaged"),
        (damaged(lambda book: book[:300] + bytes([book[300] ^ 0x55]) + book[301:]), "is damaged"),
        (zipped({"content.xml": "<a/>"}), "an OpenDocument file"),
        (zipped({"xl/workbook.bin": "x"}), "a binary Excel workbook"),
        (zipped({"word/document.xml": "<a/>"}), "holds no Excel workbook"),
        (Writer().book({"S": "<worksheet><sheetData><row r='1'><c r='A1'>"}), "is damaged"),
        (Writer().book({"S": "<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet/>"}), "declares a document type"),
        (Writer().book({"S": []}), 'sheet "S" of workbook'),
        (Writer().book({"S": "<worksheet><sheetData><row r='1'><c t='s'><v>9</v></c></row></sheetData></worksheet>"}), "names text 9 of 0"),
        (Writer().book({"S": [[1, 2], [3, 4]]}), "names its columns"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook, or one with a password"),
    ],
    ids=["no archive", "cut off", "flipped bit", "ods", "xlsb", "docx", "xml", "doctype", "empty", "text", "no head", "xls"],
)
def test_what_is_damaged_or_no_workbook_is_refused(imports, content, why):
    answer = imports.run(imports.write("list.xlsx", content), *imports.map(project_id="Auftrag"))
    assert answer.returncode == 2 and why in answer.stderr, answer.stderr
    assert imports.count() == 0


def test_small_file_that_unpacks_to_much_is_refused_in_little_memory(imports):
    writer = Writer()
    with zipfile.ZipFile(io.BytesIO(writer.book({"S": [HEAD, [1, "Pier"]]}))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/sharedStrings.xml"] = "<sst><si><t>" + "x" * (300 * 1024 * 1024) + "</t></si></sst>"
    path = imports.write("bomb.xlsx", zipped(parts))
    assert path.stat().st_size < 1024 * 1024
    answer = imports.run(path, *imports.map(project_id="Auftrag"))
    assert answer.returncode == 2 and "holds more text than is read of one" in answer.stderr
    assert imports.count() == 0


def test_options_of_text_do_not_fit_a_workbook_nor_a_sheet_a_text(imports):
    book = imports.write("list.xlsx", Writer().book({"S": [HEAD, [1, "Pier"]]}))
    text = imports.write("list.csv", "Ref,Name\n1,Pier\n")
    mapped = imports.map(project_id="Auftrag")
    assert "which has cells" in imports.run(book, *mapped, "--delimiter", "comma").stderr
    assert "says its encoding itself" in imports.run(book, *mapped, "--encoding", "utf-8").stderr
    answer = imports.run(text, *imports.map(project_id="Ref"), "--sheet", "S")
    assert answer.returncode == 2 and "has no sheets" in answer.stderr
