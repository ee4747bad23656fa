"""Files as spreadsheets and report programs write them: what is recognised, what is left out, what is refused by itself."""

import pytest
from import_files import Imports

LIST = "Ref;Vorhaben;Wert\r\nK-1;Dach Süd;1200\r\nK-2;Halle;800\r\n"
MAP = {"project_id": "Ref", "project_name": "Vorhaben", "new_enquiry_value": "Wert"}
BOTH = [("K-1", "Dach Süd", "1200.00"), ("K-2", "Halle", "800.00")]
COLUMNS = "monday_id project_name new_enquiry_value"


@pytest.fixture
def imports(database, tmp_path):
    return Imports(database, tmp_path)


@pytest.mark.parametrize("delimiter, word", [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_delimiter_is_recognised(imports, delimiter, word):
    path = imports.write("list.csv", LIST.replace(";", delimiter))
    assert imports.report(path, *imports.map(**MAP))["file"]["delimiter"] == word
    assert imports.rows(COLUMNS) == BOTH


@pytest.mark.parametrize(
    "encoding, mark, name",
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", b"\xef\xbb\xbf", "UTF-8"),
        ("utf-16-le", b"\xff\xfe", "UTF-16LE"),
        ("utf-16-be", b"\xfe\xff", "UTF-16BE"),
        ("utf-16-le", b"", "UTF-16LE"),
        ("cp1252", b"", "Windows-1252"),
        ("latin-1", b"", "Windows-1252"),  # which says the same of every letter of Latin-1
    ],
)
def test_encoding_is_recognised(imports, encoding, mark, name):
    path = imports.write("list.csv", mark + LIST.encode(encoding))
    assert imports.report(path, *imports.map(**MAP))["file"]["encoding"] == name
    assert imports.rows(COLUMNS) == BOTH


def test_what_is_said_wins(imports):
    path = imports.write("list.txt", "Zeile eins\nRef^Vorhaben^Wert\nK-1^'Dach^Süd'^5\n", "latin-1")
    said = ("--delimiter", "^", "--quote", "single", "--encoding", "latin-1", "--head-line", "2")
    file = imports.report(path, *imports.map(**MAP), *said)["file"]
    assert (file["delimiter"], file["quote"], file["encoding"], file["head_line"]) == ("^", "single", "Latin-1", 2)
    assert imports.rows(COLUMNS) == [("K-1", "Dach^Süd", "5.00")]


@pytest.mark.parametrize("said", [("--delimiter", "both"), ("--encoding", "klingon"), ("--quote", "many"), ("--head-line", "0"), ("--short-rows", "x")])
def test_wrong_words_exit_with_2(imports, said):
    assert imports.run(imports.write("list.csv", LIST), *imports.map(**MAP), *said).returncode == 2


def test_sep_line_preamble_totals_and_footer_are_no_rows(imports):
    path = imports.write(
        "report.csv",
        "sep=;\r\n\"Offene Vorhaben\";;\r\nStand 14.07.2031;;\r\n;;\r\n" + LIST
        + "Zwischensumme;;2000\r\n;;\r\nRef;Vorhaben;Wert\r\nK-3;Tor;70\r\nGesamtsumme;;2070\r\n\r\nVertraulich, nur intern\r\n",
    )
    report = imports.report(path, *imports.map(**MAP))
    assert report["file"]["head_line"] == 5
    assert {left["kind"]: left["rows"] for left in report["file"]["left_out"]} == {"total line": 2, "repeated head": 1, "footer": 1}
    assert (report["rows"], report["taken"], report["rejected"]) == (3, 3, 0)
    assert imports.rows(COLUMNS) == [*BOTH, ("K-3", "Tor", "70.00")]


def test_line_ends_of_any_kind(imports):
    path = imports.write("list.csv", "Ref,Vorhaben,Wert\rK-1,\"Dach\r\nSüd\",1\nK-2,Halle,2\r\nK-3,Tor,3")
    assert imports.report(path, *imports.map(**MAP))["taken"] == 3
    assert imports.rows("monday_id new_enquiry_value") == [("K-1", "1.00"), ("K-2", "2.00"), ("K-3", "3.00")]


def test_a_row_that_cannot_be_read_is_refused_by_itself(imports):
    path = imports.write(
        "list.csv",
        "Ref,Vorhaben,Wert\nK-1,Dach,1\nK-2,Halle\nK-3,Tor, groß,3\n\nK-4,\"Bad,4\nK-5,\"Hof\n(hinten)\",5\nK-6,Zaun,6\n",
    )
    report = imports.report(path, *imports.map(**MAP), status=1)
    assert (report["rows"], report["taken"], report["rejected"], report["important_refusals"]) == (6, 3, 3, 3)
    assert imports.refusals() == [
        (3, None, "the row has 2 fields, and the head has 3"),
        (4, None, "the row has 4 fields, and the head has 3: a value may hold the delimiter without quotes"),
        (6, None, "the row holds a quote that is never closed"),
    ]
    assert [row[0] for row in imports.rows(COLUMNS)] == ["K-1", "K-5", "K-6"]
    text = imports.run(path, *imports.map(**MAP)).stdout
    assert "line 4: K-3,Tor, groß,3" in text and "--accept-losses" in text
    assert imports.run(path, *imports.map(**MAP), "--accept-losses").returncode == 0


def test_most_rows_unreadable_stops_before_anything_is_written(imports):
    path = imports.write("list.csv", "Ref,Vorhaben,Wert\nK-1,Dach,1\n" + "K,1\n" * 9)
    answer = imports.run(path, *imports.map(**MAP), "--short-rows", "refuse")
    assert answer.returncode == 2 and "9 of 10 rows cannot be read" in answer.stderr and "line 3" in answer.stderr
    assert imports.count() == 0


def test_blank_ends_that_a_program_leaves_out(imports):
    path = imports.write("list.csv", "Ref,Vorhaben,Wert\nK-1,Dach,1\nK-2,Halle\nK-3,Tor,3\nK-4,Bad\nK-5,Hof\nK-6,Zaun,6\nK-7,Weg,7\n")
    assert imports.report(path, *imports.map(**MAP))["taken"] == 7
    assert imports.report(path, *imports.map(**MAP), "--short-rows", "refuse", status=1)["taken"] == 4


def test_a_column_nobody_maps_looks_as_it_likes(imports):
    path = imports.write(
        "list.csv",
        b"Ref,Notiz,Wert,Notiz,,\nK-1,\"12\" Rohr\",1,a\x00b,x,\nK-2,\\.,2,\xff\xfe,,\n\\.,\"c:\\\\\",3,,,\n",
    )
    assert imports.report(path, *imports.map(project_id="Ref", new_enquiry_value="Wert"))["taken"] == 3
    assert imports.rows("monday_id new_enquiry_value") == [("K-1", "1.00"), ("K-2", "2.00"), ("\\.", "3.00")]


def test_nameless_doubled_and_very_long_heads(imports):
    long = "Wert des Vorhabens ohne alle Nebenkosten und ohne Umsatzsteuer in "
    path = imports.write("list.csv", f"Ref,,Name,Name,\"{long}\nEuro\",{long}Franken\nK-1,anonym,Dach,Süd,5,6\n")
    fields = {
        "project_id": "Ref",
        "category": "column 2",
        "project_name": "Name",
        "account": "Name (2)",
        "new_enquiry_value": f"{long}Euro",
        "total_order_value": f"{long}Franken",
    }
    imports.report(path, *imports.map(**fields))
    assert imports.rows("category project_name account new_enquiry_value total_order_value") == [("anonym", "Dach", "Süd", "5.00", "6.00")]


@pytest.mark.parametrize(
    "content, kind",
    [(b"\xd0\xcf\x11\xe0\xa1", "an old Excel workbook"), (b"<html><table>", "HTML"), (b"[{\"a\": 1}]", "JSON"), (b"", "empty"), (b"1,2\n3,4\n", "names its columns")],
)
def test_what_is_no_list_is_refused(imports, content, kind):
    answer = imports.run(imports.write("list.csv", content), *imports.map(**MAP))
    assert answer.returncode == 2 and kind in answer.stderr
    assert imports.count() == 0


def test_refused_values_name_their_line(imports):
    path = imports.write(
        "list.csv",
        "Titel\n\nRef;Vorhaben;Wert\nK-1;\"Dach\nSüd\";1\nK-2;Halle;viel\n;Tor;3\nK-1;Bad;4\n"
        + "".join(f"M-{number};Weg;9\n" for number in range(30)),
    )
    report = imports.report(path, *imports.map(**MAP), status=1)
    assert [(line, field) for line, field, _ in imports.refusals()] == [(6, "new_enquiry_value"), (7, None), (8, None)]
    assert report["known"]["new_enquiry_value"] == 31


def test_bytes_that_are_no_text_are_a_loss(imports):
    # The bytes of "Küche" in Latin-1, in a file that is UTF-8 otherwise.
    text = "Ref;Kunde;Notiz\nK1;Müller;Straße\nK2;@;Größe\nK3;Ödön;@\n".encode().replace(b"@", b"K\xfcche")
    path = imports.write("gemischt.csv", text)
    mapping = imports.map(project_id="Ref", account="Kunde")
    report = imports.report(path, *mapping, status=1)
    assert report["file"]["damaged"] == {"rows": 1, "first_line": 3, "example": "K\N{REPLACEMENT CHARACTER}che"}, "what nobody maps is no loss"
    answer = imports.run(path, *mapping)
    assert 'Lost: bytes that are no text in UTF-8 became "\N{REPLACEMENT CHARACTER}" in 1 row, the first in line 3' in answer.stdout
    assert imports.run(path, *mapping, "--accept-losses").returncode == 0
    assert "damaged" not in imports.report(path, *mapping, "--encoding", "latin1")["file"]


def test_columns_behind_those_that_are_read_are_named(imports):
    columns = [f"Feld {n}" for n in range(1, 411)]
    columns[0], columns[404] = "Vorgangsnummer", "Auftragswert"
    path = imports.write("breit.csv", ";".join(columns) + "\n" + "\n".join(";".join(f"{n}{m}" for m in range(410)) for n in range(3)) + "\n")
    said = 'the columns behind the first 400 are not read, "Feld 401" and so on to column 410'
    assert said in imports.run(path, "--propose").stderr
    answer = imports.run(path)
    assert answer.returncode == 2 and said in answer.stderr
    mapping = imports.map(project_id="Vorgangsnummer", new_enquiry_value="Auftragswert")
    assert "columns_read" not in imports.report(path, *mapping)["file"]
    assert imports.rows("monday_id new_enquiry_value")[0] == ("00", "404.00")
