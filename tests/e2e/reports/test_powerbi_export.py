"""pipeline-poller powerbi export: the files, as text that Power BI could read, against the catalog they speak of."""

import json
import re

import pytest

from cluster import fill, value
from poller import environment_for, run

MODEL = "PipelineForecast.SemanticModel"
TYPES = {
    "text": "string", "integer": "int64", "bigint": "int64", "boolean": "boolean", "date": "dateTime",
    "timestamp without time zone": "dateTime", "numeric(6,5)": "double", "numeric(12,6)": "double",
    "numeric(12,2)": "decimal", "numeric(14,2)": "decimal", "numeric(16,2)": "decimal", "numeric(17,2)": "decimal",
    "numeric(24,2)": "double",
}


class Node:
    """An object or a property of TMDL: a line, the descriptions above it, and what is indented below it."""

    def __init__(self, line, description, depth):
        self.line, self.description, self.depth, self.children = line, description, depth, []

    def named(self, kind):
        """{name: node} of the children of a kind."""
        found = {}
        for child in self.children:
            match = re.fullmatch(rf"{kind} ('(?:[^']|'')+'|\w+)(?: =.*)?", child.line)
            if match:
                found[match[1].strip("'").replace("''", "'")] = child
        return found

    def get(self, name):
        for child in self.children:
            if child.line.startswith(f"{name}: "):
                return child.line.removeprefix(f"{name}: ")
        return None

    def has(self, line):
        return any(child.line == line for child in self.children)

    def text(self):
        """What an expression holds: behind its equals sign and below it."""
        below = [child.line for child in self.children if child.depth == self.depth + 2]
        return "\n".join([self.line.partition(" =")[2].strip(), *below]).strip()

    def lines(self):
        for child in self.children:
            yield child.line
            yield from child.lines()


def parse(text):
    """The rules of TMDL's indentation: tabs alone, one level deeper or any level back; expressions two levels deeper."""
    assert text.endswith("\n") and "\r" not in text and not text.startswith("\ufeff")
    root = Node("", "", -1)
    path, description = [root], []
    for line in text.splitlines():
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip("\t"))
        body = line.lstrip("\t")
        if body.startswith("/// "):
            description.append((depth, body[4:]))
            continue
        assert not body.startswith("//"), "TMDL has no comments"
        while path[-1].depth >= depth:
            path.pop()
        above = path[-1]
        assert depth == above.depth + 1 or (depth == above.depth + 2 and above.line.endswith("=")), f"indentation of {line!r}"
        assert all(level == depth for level, _ in description)
        node = Node(body, "\n".join(part for _, part in description), depth)
        description = []
        above.children.append(node)
        path.append(node)
    assert not description
    return root


# What may stand in each kind of object: properties with their values, flags without one, expressions, further objects.
GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"
NAME = r"(?:\w+|'(?:[^']|'')+')"
GRANULARITY = "day|month|quarter|year"
GRAMMAR = {
    "": ({}, set(), set(), {"database", "model", "ref", "table", "relationship", "expression"}),
    "database": ({"compatibilityLevel": r"\d{4}"}, set(), set(), set()),
    "model": ({"culture": "en-US", "sourceQueryCulture": "en-US", "defaultPowerBIDataSourceVersion": "powerBI_V3"},
              {"discourageImplicitMeasures"}, set(), {"annotation"}),
    "annotation": ({}, set(), set(), set()),
    "ref": ({}, set(), set(), set()),
    "expression": ({"lineageTag": GUID}, set(), set(), set()),
    "relationship": ({"fromColumn": rf"{NAME}\.{NAME}", "toColumn": rf"{NAME}\.{NAME}"}, set(), set(), set()),
    "table": ({"lineageTag": GUID, "dataCategory": "Time"}, set(), set(), {"measure", "column", "partition", "refreshPolicy"}),
    "measure": ({"formatString": r"[#0][#0,.]*(?: %)?", "lineageTag": GUID}, set(), set(), set()),
    "column": ({"dataType": "string|int64|double|decimal|dateTime|boolean", "formatString": r"#,0\.00|yyyy-mm-dd(?: hh:nn:ss)?",
                "lineageTag": GUID, "summarizeBy": "none", "sourceColumn": r"[a-z0-9_]+", "sortByColumn": NAME},
               {"isHidden", "isKey"}, set(), set()),
    "partition": ({"mode": "import"}, set(), {"source"}, set()),
    "refreshPolicy": ({"policyType": "basic", "rollingWindowGranularity": GRANULARITY, "rollingWindowPeriods": r"\d+",
                       "incrementalGranularity": GRANULARITY, "incrementalPeriods": r"\d+"},
                      set(), {"pollingExpression", "sourceExpression"}, set()),
}
HEADERS = {
    "": "", "database": "database", "model": "model Model", "ref": rf"ref table {NAME}", "table": rf"table {NAME}",
    "annotation": r"annotation \w+ = \S.*", "expression": rf"expression {NAME} = \S.* meta \[.+\]", "relationship": rf"relationship {GUID}",
    "measure": rf"measure {NAME} =(?: \S.*)?", "column": rf"column {NAME}", "partition": rf"partition {NAME} = m", "refreshPolicy": "refreshPolicy",
}


def check_grammar(node, kind):
    """An object and all below it: nothing that its kind does not have, nothing twice, names in quotes where they need them."""
    properties, flags, expressions, objects = GRAMMAR[kind]
    assert re.fullmatch(HEADERS[kind], node.line), node.line
    for name in re.findall(r"'((?:[^']|'')+)'", node.line.partition(" =")[0]):
        assert not re.fullmatch(r"\w+", name), f"{name} needs no quotes"
    seen = []
    for child in node.children:
        if child.depth == node.depth + 2:
            assert kind == "measure" and not seen, f"an expression stands before all properties: {child.line}"
            continue
        name, _, value_ = child.line.partition(": ")
        word = child.line.split()[0]
        if value_ and name in properties:
            assert re.fullmatch(properties[name], value_), child.line
            assert not child.children
        elif child.line.endswith(" =") and word in expressions:
            assert child.text() and all(line.depth == child.depth + 2 and not line.children for line in child.children)
        elif child.line in flags:
            assert not child.children
        else:
            assert word in objects, f"{child.line} in {node.line}"
            check_grammar(child, word)
            continue
        seen.append(word if word in expressions else name)
    assert len(seen) == len(set(seen)), node.line
    names = [(child.line.split()[0], re.split(r" = ?", child.line)[0].lower()) for child in node.children if child.line.split()[0] in objects]
    assert len(names) == len(set(names)), "names are unique whatever their case"


def check_query(text):
    """A query of the language M: let steps in the last one, brackets in pairs."""
    text = re.sub(r'"(?:[^"]|"")*"', "text", text)
    opened = []
    for character in text:
        if character in "([{":
            opened.append(character)
        elif character in ")]}":
            assert opened and opened.pop() + character in ("()", "[]", "{}"), text
    assert not opened, text
    steps = re.fullmatch(r"let\n(.+)\nin\n(.+)", text, re.DOTALL)
    assert steps, text
    lines = [line.strip() for line in steps[1].splitlines()]
    assert all(line.endswith(",") for line in lines[:-1]) and not lines[-1].endswith(",")
    known = set()
    for line in lines:
        name, step = re.fullmatch(r"(\w+) = (.+?),?", line).groups()
        used = set(re.findall(r"(?<![\[.#])\b[A-Z]\w+\b(?![.(])", re.sub(r"\[\w+( = \w+, \w+ = \w+)?\]", "", step)))
        assert used <= known | {"Server", "Database", "RangeStart", "RangeEnd"}, (used, line)
        known.add(name)
    assert re.findall(r"\w+", steps[2])[-1] in known


@pytest.fixture
def export(database):
    def call(folder, *arguments, **settings):
        return run("powerbi", "export", folder, *arguments, environment=environment_for(database.database, **settings))

    return call


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


def tables_of(files):
    tables = {}
    for name, text in files.items():
        if "/tables/" in name:
            tables |= parse(text).named("table")
    return tables


@pytest.fixture
def exported(export, tmp_path):
    answer = export(tmp_path / "model", "--server", "db.example.com:6432")
    assert answer.returncode == 0, answer.stderr
    return files_in(tmp_path / "model")


def test_the_model_follows_the_grammar(exported):
    models = {name: text for name, text in exported.items() if name.endswith(".tmdl")}
    assert len(models) == 17
    for name, text in models.items():
        assert "\n\n\n" not in text and not re.search(r"[ \t]\n", text), name
        check_grammar(parse(text), "")
        assert all(query.depth == 2 for query in queries_of(parse(text)))


def queries_of(root):
    for child in root.children:
        if re.fullmatch(r"(source|sourceExpression|pollingExpression) =", child.line):
            yield child
        yield from queries_of(child)


def test_queries_can_be_read(exported):
    queries = [query.text() for name, text in exported.items() if name.endswith(".tmdl") for query in queries_of(parse(text))]
    assert len(queries) == 15
    for query in queries:
        check_query(query)


def view_of(table):
    (partition,) = [child for child in table.children if child.line.startswith("partition ")]
    return re.search(r'Item = "(\w+)"', "\n".join(partition.lines()))[1]


def test_every_table_shows_a_view_with_all_its_columns(exported, database):
    tables = tables_of(exported)
    assert len(tables) == 13
    for name, table in tables.items():
        view = view_of(table)
        catalog = database.execute("""
            SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, col_description(a.attrelid, a.attnum) AS comment
            FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """, [view]).fetchall()
        columns = table.named("column")
        shown = [(column.get("sourceColumn"), column.get("dataType"), column.description) for column in columns.values()]
        assert shown == [(row["name"], TYPES[row["type"]], row["comment"]) for row in catalog], name
        assert all(column.get("summarizeBy") == "none" for column in columns.values())
        assert table.description == value(database, "SELECT obj_description(%s::regclass, 'pg_class')", [view])
        for column in columns.values():
            assert column.get("sortByColumn") is None or column.get("sortByColumn").strip("'") in columns


def test_every_table_is_named_in_the_model(exported):
    model = parse(exported[f"{MODEL}/definition/model.tmdl"])
    assert set(model.named("ref table")) == set(tables_of(exported))
    assert parse(exported[f"{MODEL}/definition/database.tmdl"]).children[0].get("compatibilityLevel") == "1567"


def test_relationships_lead_from_many_to_one_existing_column(exported, database):
    fill(database)
    database.execute("SELECT create_pipeline_forecast_snapshot()")
    tables = tables_of(exported)
    links = [child for child in parse(exported[f"{MODEL}/definition/relationships.tmdl"]).children]
    assert len(links) == 16
    reached = set()
    for link in links:
        ends = {}
        for end in ("fromColumn", "toColumn"):
            table, column = (part.strip("'") for part in re.fullmatch(r"('[^']+'|\w+)\.('[^']+'|\w+)", link.get(end)).groups())
            ends[end] = (view_of(tables[table]), tables[table].named("column")[column].get("sourceColumn"),
                         tables[table].named("column")[column].get("dataType"))
            if end == "toColumn":
                assert tables[table].named("column")[column].has("isKey")
                reached.add((ends["fromColumn"][0], table))
        assert ends["fromColumn"][2] == ends["toColumn"][2], "types agree"
        view, column, _ = ends["toColumn"]
        assert value(database, f"SELECT count(*) = count(DISTINCT {column}) AND count(*) > 0 FROM {view}"), "the one side is unique"
        source, key, _ = ends["fromColumn"]
        assert value(database, f"SELECT count(*) FROM {source} f WHERE {key} IS NOT NULL AND NOT EXISTS "
                               f"(SELECT FROM {view} d WHERE d.{column} = f.{key})") == 0, "and complete"
    assert len(reached) == len(links), "one path from a table to a dimension"


def test_the_newest_forecast_stays_beside_an_older_snapshot(exported):
    """[Expected] - [Expected at snapshot] would be nothing less something if the day chosen there emptied the newest one."""
    links = [(link.get("fromColumn"), link.get("toColumn")) for link in parse(exported[f"{MODEL}/definition/relationships.tmdl"]).children]
    assert ("'Forecast history'.'Snapshot date'", "'Snapshot date'.'Snapshot date'") in links
    assert not [link for link in links if link[0].startswith("Forecast.") and link[1].startswith("'Snapshot date'")]


def test_the_calendar_is_marked(exported):
    date = tables_of(exported)["Date"]
    assert date.get("dataCategory") == "Time" and date.named("column")["Date key"].has("isKey")


def test_measures_name_columns_and_measures_that_exist(exported):
    tables = tables_of(exported)
    measures = {name: measure for table in tables.values() for name, measure in table.named("measure").items()}
    assert len(measures) == sum(len(table.named("measure")) for table in tables.values()) > 20
    for table_name, table in tables.items():
        lowered = {name.lower() for name in table.named("column")}
        for name, measure in table.named("measure").items():
            assert name.lower() not in lowered, "a measure and a column of a table cannot share a name"
            assert measure.description and measure.get("formatString")
            dax = measure.text()
            assert dax.count("(") == dax.count(")") and dax
            for quoted, plain, column in re.findall(r"(?:'([^']+)'|\b(\w+))\[([^\]]+)\]", dax):
                assert column in tables[quoted or plain].named("column"), (name, column)
            for other in re.findall(r"(?<![\w'])\[([^\]]+)\]", dax):
                assert other in measures, (name, other)
        assert table_name


def test_measures_mean_what_the_page_means(exported):
    tables = tables_of(exported)
    measures = tables["Forecast"].named("measure")
    assert measures["Best case"].text() == "SUM(Forecast[Best case value])"
    assert measures["Worst case"].text() == "SUM(Forecast[Worst case value])"
    assert measures["Projects"].text() == "COUNTROWS(Forecast)", "lost ones included, which Lost projects tells"
    for name in ("Expected at snapshot", "Committed at snapshot", "Best case at snapshot", "Worst case at snapshot"):
        dax = tables["Forecast history"].named("measure")[name].text()
        assert dax.startswith("VAR NewestDay = MAX('Snapshot date'[Snapshot date])"), "one day for all projects"
        assert dax.endswith("'Snapshot date'[Snapshot date] = NewestDay)")
    skill = tables["Accuracy"].named("measure")["Skill against mean"].text()
    assert skill.startswith("VAR Share = DIVIDE(") and "IF(NOT ISBLANK(Share), 1 - Share)" in skill, "nothing known is blank, and not 100 %"
    for measure in tables["Accuracy"].named("measure").values():
        assert "IF(" in measure.text() and "HASONEVALUE(Accuracy[Segment]) && HASONEVALUE(Accuracy[Horizon])" in measure.text()
    for table in tables.values():
        for name, column in table.named("column").items():
            if column.get("sourceColumn") in ("best_case_value", "worst_case_value") and "Accuracy" not in table.line:
                assert column.has("isHidden"), name


def test_history_is_refreshed_by_months_for_two_years(exported, database):
    tables = tables_of(exported)
    policies = {name: child for name, table in tables.items() for child in table.children if child.line == "refreshPolicy"}
    assert list(policies) == ["Forecast history"]
    policy = policies["Forecast history"]
    assert (policy.get("policyType"), policy.get("rollingWindowGranularity"), policy.get("rollingWindowPeriods"),
            policy.get("incrementalGranularity"), policy.get("incrementalPeriods")) == ("basic", "month", "24", "month", "2")
    (polling,) = [child for child in policy.children if child.line.startswith("pollingExpression =")]
    (source,) = [child for child in policy.children if child.line.startswith("sourceExpression =")]
    condition = "[snapshot_date] >= Date.From(RangeStart) and [snapshot_date] < Date.From(RangeEnd)"
    assert condition in "\n".join(source.lines()) and condition in "\n".join(polling.lines())
    assert "List.Max(Range[loaded_at])" in "\n".join(polling.lines())
    (partition,) = [child for child in tables["Forecast history"].children if child.line.startswith("partition ")]
    assert condition in "\n".join(partition.lines())
    parameters = {re.match(r"expression (\w+) = ", child.line)[1]: child.line
                  for child in parse(exported[f"{MODEL}/definition/expressions.tmdl"]).children}
    assert set(parameters) == {"Server", "Database", "RangeStart", "RangeEnd"}
    assert '= "db.example.com:6432" meta ' in parameters["Server"]
    assert f'= "{database.database.name}" meta ' in parameters["Database"]
    first = value(database, "SELECT (pipeline_forecast_month(pipeline_today()) - interval '1 month')::date")
    assert f"#datetime({first.year}, {first.month}, 1, 0, 0, 0)" in parameters["RangeStart"]
    assert 'Type="DateTime"' in parameters["RangeStart"] and 'Type="DateTime"' in parameters["RangeEnd"]


def test_every_json_file_parses_and_leads_to_the_model(exported, database):
    documents = {name: json.loads(text) for name, text in exported.items() if not name.endswith(".tmdl")}
    assert len(documents) == 12
    (connection,) = documents["PipelineForecast.pbids"]["connections"]
    assert connection == {"details": {"protocol": "postgresql", "address": {
        "server": "db.example.com:6432", "database": database.database.name}}, "options": {}, "mode": "Import"}
    assert documents["PipelineForecast.pbip"]["artifacts"] == [{"report": {"path": "PipelineForecast.Report"}}]
    assert documents["PipelineForecast.Report/definition.pbir"]["datasetReference"] == {"byPath": {"path": f"../{MODEL}"}}
    pages = documents["PipelineForecast.Report/definition/pages/pages.json"]
    assert all(f"PipelineForecast.Report/definition/pages/{page}/page.json" in documents for page in pages["pageOrder"])


def test_the_report_shows_chart_matrix_accuracy_and_drift(exported):
    tables = tables_of(exported)
    prefix = "PipelineForecast.Report/definition/pages/first/visuals/"
    visuals = {name.removeprefix(prefix).partition("/")[0]: json.loads(text) for name, text in exported.items() if name.startswith(prefix)}
    assert {name: each["visual"]["visualType"] for name, each in visuals.items()} == {
        "months": "lineClusteredColumnComboChart", "buckets": "pivotTable", "accuracy": "tableEx", "drift": "lineChart"}
    page = json.loads(exported["PipelineForecast.Report/definition/pages/first/page.json"])
    for name, each in visuals.items():
        assert each["name"] == name
        assert each["position"]["x"] + each["position"]["width"] <= page["width"]
        assert each["position"]["y"] + each["position"]["height"] <= page["height"]
        for role in each["visual"]["query"]["queryState"].values():
            for projection in role["projections"]:
                ((kind, field),) = projection["field"].items()
                table = field["Expression"]["SourceRef"]["Entity"]
                assert field["Property"] in tables[table].named(kind.lower()), (name, field)
                assert projection["queryRef"] == f"{table}.{field['Property']}"
    (only,) = visuals["accuracy"]["filterConfig"]["filters"]
    assert "'total'" in json.dumps(only["filter"]) and only["field"]["Column"]["Property"] == "Segment"
    places = [each["position"] for each in visuals.values()]
    for one in places:
        for other in places:
            apart = (one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
                     or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"])
            assert one is other or apart


OWN_TAG = "lineageTag: 0f8fad5b-d9cb-469f-a165-70867728950e"


def test_what_people_added_stays(export, tmp_path):
    assert export(tmp_path).returncode == 0
    model = tmp_path / MODEL / "definition"
    added = {
        "tables/Forecast.tmdl": f"\n\t/// Mine\n\tmeasure 'Won = mine' = SUM(Forecast[Expected value]) * 2\n\t\tformatString: 0\n\t\t{OWN_TAG}\n"
                                "\n\tmeasure Several =\n\t\t\tVAR One = 1\n\t\t\tRETURN One\n\t\tformatString: 0\n"
                                "\n\tcolumn Half = Forecast[Expected value] / 2\n\t\tsummarizeBy: none\n"
                                "\n\thierarchy Places\n\n\t\tlevel One\n\t\t\tcolumn: 'Stage bucket'\n",
        "relationships.tmdl": "relationship AutoDetected_1\n\tfromColumn: Mine.Id\n\ttoColumn: Project.'Project id'\n\n",
        "expressions.tmdl": 'expression Own = "x" meta [IsParameterQuery=true]\n\n',
        "model.tmdl": "ref table Mine\n",
    }
    for name, text in added.items():
        with (model / name).open("a") as file:
            file.write(text)
    (model / "tables" / "Mine.tmdl").write_text("table Mine\n")
    for _ in range(2):
        answer = export(tmp_path)
        assert answer.returncode == 0, answer.stderr
    files = files_in(tmp_path)
    for name, text in added.items():
        assert files[f"{MODEL}/definition/{name}"].count(text.strip("\n")) == 1, name
    assert files[f"{MODEL}/definition/tables/Mine.tmdl"] == "table Mine\n"
    parse(files[f"{MODEL}/definition/tables/Forecast.tmdl"])


def test_names_that_meet_are_refused_and_nothing_is_written(export, tmp_path):
    assert export(tmp_path).returncode == 0
    table = tmp_path / MODEL / "definition" / "tables" / "Forecast.tmdl"
    before = table.read_text()
    tag = re.search(r"measure Expected =.*?lineageTag: (\S+)", before, re.DOTALL)[1]
    for changed, told in [
        (before.replace(tag, "0f8fad5b-d9cb-469f-a165-70867728950e"), "measure Expected of the model in this folder was made by somebody else"),
        (before.replace("measure Expected =", "measure Hoped ="), "measure Hoped of the model in this folder has another name"),
    ]:
        table.write_text(changed)
        files = files_in(tmp_path)
        answer = export(tmp_path)
        assert answer.returncode == 2
        assert told in answer.stderr
        assert files_in(tmp_path) == files


def test_a_measure_of_an_earlier_version_goes(export, tmp_path):
    assert export(tmp_path).returncode == 0
    table = tmp_path / MODEL / "definition" / "tables" / "Forecast.tmdl"
    before = table.read_text()
    table.write_text(before + "\n\tmeasure Former = 1\n\t\tformatString: 0\n\t\tlineageTag: 01234567-89ab-5def-8123-456789abcdef\n")
    assert export(tmp_path).returncode == 0
    assert table.read_text() == before


def test_no_file_holds_credentials(export, tmp_path, database):
    database.execute("ALTER ROLE pipeline_owner PASSWORD 'hidden-in-no-file'")
    url = environment_for(database.database)["DATABASE_URL"] + " password=hidden-in-no-file"
    assert export(tmp_path / "model", DATABASE_URL=url).returncode == 0
    for name, text in files_in(tmp_path / "model").items():
        assert "hidden-in-no-file" not in text and "pipeline_owner" not in text, name


def test_a_second_export_is_the_same_and_leaves_the_report_alone(export, tmp_path):
    assert export(tmp_path / "a").returncode == 0
    before = files_in(tmp_path / "a")
    page = tmp_path / "a" / "PipelineForecast.Report" / "definition" / "pages" / "first" / "page.json"
    page.write_text('{"designed": true}')
    answer = export(tmp_path / "a")
    assert answer.returncode == 0, answer.stderr
    after = files_in(tmp_path / "a")
    assert json.loads(after.pop("PipelineForecast.Report/definition/pages/first/page.json")) == {"designed": True}
    assert after == {name: text for name, text in before.items() if not name.endswith("first/page.json")}
    tags = re.findall(r"lineageTag: (\S+)", "".join(after.values()))
    assert len(tags) == len(set(tags)) > 100
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}", tag) for tag in tags)


def test_the_server_is_the_one_of_the_connection(export, tmp_path, database):
    answer = export(tmp_path / "model")
    port = database.database.cluster.port
    assert f"The server is localhost:{port}" in answer.stdout and "--server" in answer.stdout
    assert json.loads((tmp_path / "model" / "PipelineForecast.pbids").read_text())["connections"][0]["details"]["address"]["server"] == \
        f"localhost:{port}"


def test_the_schema_is_named_in_the_queries(empty_database, tmp_path):
    from cluster import set_up

    with empty_database.connection() as connection:
        set_up(connection)
    answer = run("powerbi", "export", tmp_path, environment=environment_for(empty_database, role=None))
    assert answer.returncode == 0, answer.stderr
    for table in tables_of(files_in(tmp_path)).values():
        assert '[Schema = "pipeline", Item = "vw_' in "\n".join(table.lines())


@pytest.mark.parametrize("name", ["notes.txt", "PipelineForecast.pbip", f"{MODEL}/definition/model.tmdl"])
def test_foreign_folders_are_refused_untouched(export, tmp_path, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine")
    answer = export(tmp_path)
    assert answer.returncode == 2
    assert f'folder "{tmp_path}" is not empty and holds no model that this command wrote' in answer.stderr
    assert files_in(tmp_path) == {name: "mine"}


def test_a_place_that_is_no_folder_is_refused(export, tmp_path):
    (tmp_path / "file").write_text("mine")
    answer = export(tmp_path / "file")
    assert answer.returncode == 2 and "is not a folder" in answer.stderr
    answer = export(tmp_path / "file" / "below")
    assert answer.returncode == 1 and "could not make folder" in answer.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_views_that_are_missing_are_named(export, tmp_path, database):
    database.execute("DROP VIEW vw_bookings_monthly")
    answer = export(tmp_path)
    assert answer.returncode == 1
    assert 'view "vw_bookings_monthly" does not exist' in answer.stderr and "pipeline_setup()" in answer.stderr
    assert files_in(tmp_path) == {}


def test_a_type_that_power_bi_does_not_read_is_named(export, tmp_path, database):
    definition = value(database, "SELECT pg_get_viewdef('vw_invoices'::regclass)").rstrip("; \n")
    database.execute(f"CREATE OR REPLACE VIEW vw_invoices AS SELECT v.*, now() AS seen_at FROM ({definition}) v")
    answer = export(tmp_path)
    assert answer.returncode == 1
    assert 'column "seen_at" of view "vw_invoices" is of type timestamp with time zone' in answer.stderr


@pytest.mark.parametrize("arguments", [[], ["export"], ["export", "a", "b"], ["import", "a"]])
def test_wrong_use_exits_with_2(arguments):
    assert run("powerbi", *arguments).returncode == 2
