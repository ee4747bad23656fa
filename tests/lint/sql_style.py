"""Refuses SQL sources that break the rules of the house. usage: sql_style.py FILE...

A definition names its schema; a function says how volatile and how parallel it is and takes its search_path along;
identifiers are lower-case; every file stands in sql/load_order once; a literal with a backslash is an E'' one, since the
session that runs a function may have standard_conforming_strings off.
"""

import pathlib
import re
import sys

DEFINITION = re.compile(
    r"^CREATE (?:OR REPLACE )?(?P<kind>FUNCTION|PROCEDURE|AGGREGATE|TYPE|VIEW|MATERIALIZED VIEW|TABLE|SEQUENCE)"
    r"(?: IF NOT EXISTS)? (?P<name>[\w.%\"]+)(?P<rest>.*?)(?=^COMMENT|^CREATE|\Z)",
    re.MULTILINE | re.DOTALL,
)
SCHEMAS = ("pipeline.", "pipeline_work.", "pipeline_internal.", "pipeline_data.")
# Compiled, or bound when it is made: neither looks a name up when it runs.
# Of the script, or a narrower one that leaves out schemas in which the owner of the tables may create.
PINNED = re.compile(r"^SET search_path (FROM CURRENT|= pg_catalog, pipeline_internal, pg_temp)$", re.MULTILINE)
BOUND = re.compile(r"^LANGUAGE c\b|^RETURN\b|^BEGIN ATOMIC", re.MULTILINE)


# A comment, or a literal with what stands before it.
LITERAL = re.compile(r"--[^\n]*|(?P<prefix>[A-Za-z_]?)'(?P<text>(?:[^']|'')*)'")


def ambiguous_literals(text):
    """Literals that mean something else where standard_conforming_strings is off."""
    for found in LITERAL.finditer(text):
        if "\\" in (found["text"] or "") and found["prefix"].upper() != "E":
            yield f"line {text.count(chr(10), 0, found.start()) + 1}: a backslash in a literal without E: {found.group()}"


def faults_of(text, in_a_step=False):
    """The faults of one file, as texts. Steps are run with the setting pinned."""
    if not in_a_step:
        yield from ambiguous_literals(text)
    for number, line in enumerate(text.splitlines(), start=1):
        if "\t" in line:
            yield f"line {number}: a tab"
        if line != line.rstrip():
            yield f"line {number}: white space at its end"
    for found in DEFINITION.finditer(text):
        kind, name, rest = found["kind"], found["name"], found["rest"]
        if not name.startswith(SCHEMAS):
            yield f"{kind} {name}: no schema of the extension before its name"
        if name != name.lower():
            yield f"{kind} {name}: upper case in an identifier"
        if kind != "FUNCTION":
            continue
        head = re.split(r"\bAS \$|^RETURN\b|^BEGIN ATOMIC|\bAS '", rest, maxsplit=1, flags=re.MULTILINE)[0]
        if not re.search(r"\b(IMMUTABLE|STABLE|VOLATILE)\b", head):
            yield f"function {name}: does not say how volatile it is"
        if not re.search(r"\bPARALLEL (SAFE|RESTRICTED|UNSAFE)\b", head):
            yield f"function {name}: does not say how parallel it may run"
        if not BOUND.search(rest) and not PINNED.search(head):
            yield f"function {name}: does not take its search_path along"


def unlisted(folder):
    """Files that load_order lacks, names twice, or names in vain."""
    listed = re.findall(r"^(?:install|code|tables|every_setup|step \d+)\s+(\S+)$", (folder / "load_order").read_text(), re.MULTILINE)
    text = "\n".join(f.read_text() for f in folder.glob("*/*.sql"))
    included = set(re.findall(r"@(?:include|list) ([^ @]+)[^@]*@", text))
    present = {str(f.relative_to(folder)) for f in [folder / "schemas.sql", *folder.glob("*/*.sql")]
               if f.parent.name not in ("releases", "sample")} - included
    for name in sorted(present ^ (set(listed) - {"setup/steps.sql"})):
        yield f"load_order and the folder disagree on {name}"
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        yield f"load_order names {name} more than once"


def main(arguments):
    root = pathlib.Path(__file__).resolve().parents[2] / "sql"
    steps = set(re.findall(r"^(?:tables|step \d+)\s+(\S+)$", (root / "load_order").read_text(), re.MULTILINE))
    found = [
        f"{name}: {fault}"
        for name in arguments
        for fault in faults_of(pathlib.Path(name).read_text(), "/".join(pathlib.Path(name).parts[-2:]) in steps)
    ]
    found += [f"sql/load_order: {fault}" for fault in unlisted(root)]
    print("\n".join(found) or f"{len(arguments)} files are in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
