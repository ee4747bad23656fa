"""What the style of SQL refuses, and what it lets pass."""

import pytest
import sql_style

GOOD = """CREATE FUNCTION pipeline.f(day date) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$ SELECT day $$;
COMMENT ON FUNCTION pipeline.f(date) IS 'The day.';
"""


def test_a_function_in_order_passes():
    assert list(sql_style.faults_of(GOOD)) == []


@pytest.mark.parametrize(("old", "new", "fault"), [
    ("pipeline.f(", "f(", "no schema"),
    ("pipeline.f(day", "pipeline.F(day", "upper case"),
    (" STABLE", "", "how volatile"),
    (" PARALLEL SAFE", "", "how parallel"),
    ("SET search_path FROM CURRENT\n", "", "search_path"),
    ("SELECT day", "\tSELECT day", "a tab"),
    ("LANGUAGE sql", "LANGUAGE sql ", "white space"),
])
def test_each_fault_is_named(old, new, fault):
    text = GOOD.replace(old, new, 1)
    if fault == "white space":
        text = GOOD.replace("RETURNS date", "RETURNS date ")
    faults = list(sql_style.faults_of(text))
    assert len(faults) == 1 and fault in faults[0]


@pytest.mark.parametrize("text", [
    "CREATE FUNCTION pipeline.g() RETURNS date\nLANGUAGE sql STABLE PARALLEL SAFE\nRETURN now()::date;\n",
    "CREATE FUNCTION pipeline.h() RETURNS date\nLANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'h';\n",
])
def test_what_is_bound_needs_no_path(text):
    assert list(sql_style.faults_of(text)) == []


@pytest.fixture(name="folder")
def sql_folder(tmp_path):
    """A small sql/ with one file of each way to be loaded, in order."""
    (tmp_path / "topic").mkdir()
    for name in ("schemas", "topic/once", "topic/table", "topic/views", "topic/piece", "topic/columns"):
        (tmp_path / f"{name}.sql").write_text("")
    (tmp_path / "topic/code.sql").write_text("@include topic/piece.sql@\nSELECT @list topic/columns.sql c@, 1\n")
    (tmp_path / "load_order").write_text("install topic/once.sql\ncode schemas.sql\ncode topic/code.sql\n"
                                         "tables topic/table.sql\nevery_setup topic/views.sql\n")
    return tmp_path


def test_every_way_to_be_loaded_counts(folder):
    assert list(sql_style.unlisted(folder)) == []


def test_a_forgotten_file_is_named(folder):
    (folder / "topic/forgotten.sql").write_text("")
    assert list(sql_style.unlisted(folder)) == ["load_order and the folder disagree on topic/forgotten.sql"]


def test_a_file_named_twice_or_in_vain_is_named(folder):
    with (folder / "load_order").open("a") as order:
        order.write("code topic/code.sql\ncode topic/gone.sql\n")
    assert list(sql_style.unlisted(folder)) == ["load_order and the folder disagree on topic/gone.sql",
                                               "load_order names topic/code.sql more than once"]


@pytest.mark.parametrize(("text", "faults"), [
    (r"SELECT x ~ '\d';", 1),
    (r"SELECT x ~ E'\\d', 'it''s', $$ no literal $$;  -- that's \d", 0),
    (r"EXECUTE $sql$ SELECT '\s' $sql$;", 1),
])
def test_a_backslash_needs_an_escape_string(text, faults):
    assert len(list(sql_style.faults_of(text))) == faults
    assert list(sql_style.faults_of(text, in_a_step=True)) == [], "steps are run with the setting pinned"
