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
