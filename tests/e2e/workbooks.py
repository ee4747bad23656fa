"""Excel workbooks as different programs write them, made by hand: what a spreadsheet library would smooth over stays."""

import io
import zipfile
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
DAY, MOMENT, EURO, PERCENT, DOLLAR = 1, 2, 3, 4, 5
CODES = {DAY: "dd/mm/yyyy", MOMENT: 'yyyy\\-mm\\-dd\\ hh:mm;@', EURO: "#,##0.00\\ [$€-407]", PERCENT: "0.0%", DOLLAR: '"$"#,##0.00'}


class Cell:
    """A value in a format, a formula, or an error."""

    def __init__(self, value, style=0, kind=None, formula=None):
        self.value, self.style, self.kind, self.formula = value, style, kind, formula


def column_name(number):
    name = ""
    while number >= 0:
        name = chr(ord("A") + number % 26) + name
        number = number // 26 - 1
    return name


def serial(moment, epoch=datetime(1899, 12, 30)):
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    days = (moment - epoch).total_seconds() / 86400
    return int(days) if days == int(days) else days


class Writer:
    """One program's way: Excel shares texts; LibreOffice too, with a prefix of its own; Google writes 5.0 for 5."""

    def __init__(self, inline=False, places=True, prefix="", namespace=MAIN, floats=False, sheet_folder="worksheets", starts_1904=False):
        self.inline, self.places, self.prefix, self.namespace, self.floats = inline, places, prefix, namespace, floats
        self.sheet_folder = sheet_folder
        self.epoch = datetime(1904, 1, 1) if starts_1904 else datetime(1899, 12, 30)
        self.starts_1904 = starts_1904
        self.texts = {}

    def tag(self, name):
        return f"{self.prefix}:{name}" if self.prefix else name

    def element(self, name, content="", /, **attributes):
        said = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items() if value is not None)
        return f"<{self.tag(name)}{said}>{content}</{self.tag(name)}>" if content else f"<{self.tag(name)}{said}/>"

    def document(self, name, content):
        declared = f'xmlns:{self.prefix}="{self.namespace}"' if self.prefix else f'xmlns="{self.namespace}"'
        return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<{self.tag(name)} {declared} xmlns:r="{OFFICE}">{content}</{self.tag(name)}>'

    def cell(self, cell, place):
        if not isinstance(cell, Cell):
            cell = Cell(cell)
        value, kind, style = cell.value, cell.kind, cell.style
        if isinstance(value, (date, datetime)):
            style = style or (MOMENT if isinstance(value, datetime) else DAY)
            value = serial(value, self.epoch)
        at = {"r": place if self.places else None, "s": style or None}
        formula = self.element("f", escape(cell.formula)) if cell.formula else ""
        if value is None:
            return self.element("c", formula, **at) if formula or style else None
        if isinstance(value, bool):
            return self.element("c", self.element("v", str(int(value))), t="b", **at)
        if kind:
            return self.element("c", formula + self.element("v", escape(str(value))), t=kind, **at)
        if isinstance(value, (int, float)):
            return self.element("c", formula + self.element("v", repr(float(value)) if self.floats else repr(value)), **at)
        if self.inline:
            return self.element("c", self.element("is", self.element("t", escape(value))), t="inlineStr", **at)
        number = self.texts.setdefault(value, len(self.texts))
        return self.element("c", self.element("v", str(number)), t="s", **at)

    def sheet(self, rows, merged=()):
        written = []
        for number, row in enumerate(rows, 1):
            cells = [self.cell(cell, f"{column_name(at)}{number}") for at, cell in enumerate(row)]
            if not self.places:
                cells = [cell or self.element("c") for cell in cells]
            filled = [cell for cell in cells if cell]
            if filled or not self.places:
                written.append(self.element("row", "".join(filled), r=number if self.places else None))
        merges = self.element("mergeCells", "".join(self.element("mergeCell", ref=one) for one in merged)) if merged else ""
        return self.document("worksheet", self.element("sheetData", "".join(written)) + merges)

    def styles(self):
        formats = "".join(self.element("numFmt", numFmtId=163 + style, formatCode=code) for style, code in CODES.items())
        uses = self.element("xf", numFmtId=0) + "".join(self.element("xf", numFmtId=163 + style) for style in CODES)
        return self.document("styleSheet", self.element("numFmts", formats) + self.element("cellStyleXfs", self.element("xf", numFmtId=9)) + self.element("cellXfs", uses))

    def book(self, sheets, merged=(), hidden=()):
        """The bytes of a workbook with sheets by name."""
        parts, relations, entries = {}, [], []
        for number, (name, rows) in enumerate(sheets.items(), 1):
            path = f"{self.sheet_folder}/sheet{number}.xml"
            parts[f"xl/{path}"] = rows if isinstance(rows, str) else self.sheet(rows, merged if number == 1 else ())
            relations.append((f"rId{number + 20}", "worksheet", path))
            entries.append(self.element("sheet", name=name, sheetId=number * 3, state="hidden" if name in hidden else None, **{"r:id": f"rId{number + 20}"}))
        relations += [("rId1", "styles", "/xl/styles.xml"), ("rId2", "theme", "theme/theme1.xml")]
        parts["xl/styles.xml"] = self.styles()
        if self.texts:
            relations.append(("rId3", "sharedStrings", "sharedStrings.xml"))
            parts["xl/sharedStrings.xml"] = self.document("sst", "".join(self.element("si", self.element("t", escape(text))) for text in self.texts))
        system = self.element("workbookPr", date1904=1 if self.starts_1904 else None)
        parts["xl/workbook.xml"] = self.document("workbook", system + self.element("sheets", "".join(entries)))
        parts["xl/_rels/workbook.xml.rels"] = relations_part(relations)
        parts["_rels/.rels"] = relations_part([("rId1", "officeDocument", "xl/workbook.xml")])
        return zipped(parts)


def relations_part(relations):
    listed = "".join(f'<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{target}"/>' for id, kind, target in relations)
    return f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}">{listed}</Relationships>'


def zipped(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


PROGRAMS = {
    "Excel": {},
    "Excel strict, counted from 1904": {"namespace": STRICT, "starts_1904": True},
    "LibreOffice": {"prefix": "x"},
    "Google Sheets": {"floats": True},
    "a report program": {"inline": True, "places": False, "prefix": "main", "sheet_folder": "blaetter"},
}
