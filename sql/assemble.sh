#!/bin/sh
# Prints a script of the extension from the files of sql/, in the order of load_order: code as it stands, tables and views as
# data of pipeline_setup(), which runs them for their owner. A line "@include FILE@" stands for the lines of another file,
# and "@list FILE@" for what a file lists in a line, "@list FILE n@" for such columns of a source of rows: n.a, n.b.
# usage: assemble.sh             the script of CREATE EXTENSION
#        assemble.sh RELEASE     the script of ALTER EXTENSION ... UPDATE from a release: today's code in place of its own,
#                                and without what releases/RELEASE.drops lists
set -eu
cd "$(dirname "$0")"
release=${1:-}

files() { sed -n "s/^$1  *//p" load_order; }
layout=$(sed -n 's/^step 0*\([0-9]*\) .*/\1/p' load_order | tail -n 1)

included() { # files
    awk '
        function listed(file, source,    line, text) {
            while ((getline line < file) > 0) if (line !~ /^--/) text = text (text ? " " : "") line
            close(file)
            if (source) gsub(/[a-z_]+/, source ".&", text)
            return text
        }
        function include(file,    line) {
            while ((getline line < file) > 0) put(line)
            close(file)
        }
        function put(line,    word) {
            if (line ~ /^@include .*@$/) {
                include(substr(line, 10, length(line) - 10))
                return
            }
            while (match(line, /@list [^@]*@/)) {
                split(substr(line, RSTART + 6, RLENGTH - 7), word, " ")
                line = substr(line, 1, RSTART - 1) listed(word[1], word[2]) substr(line, RSTART + RLENGTH)
                delete word
            }
            print line
        }
        { put($0) }' "$@"
}

step() { # version, name, files
    printf "        (%s, '%s', \$step\$\n" "$1" "$2"
    shift 2
    included "$@"
    printf '$step$)'
}

# CREATE OR REPLACE for what has it; a type that has changed is in the list of what is dropped first.
replacing() {
    awk '
        /^CREATE (FUNCTION|PROCEDURE|AGGREGATE|VIEW) / { sub(/^CREATE/, "CREATE OR REPLACE") }
        /^CREATE SCHEMA / { sub(/SCHEMA/, "SCHEMA IF NOT EXISTS") }
        /^CREATE TYPE / { type = 1; printf "DO $type$\nBEGIN\n    IF to_regtype('\''%s'\'') IS NULL THEN\n", $3 }
        { print }
        type && /\);$/ { type = 0; print "    END IF;\nEND\n$type$;" }'
}

code() { # file
    included "$1" | sed "s/@LAYOUT_VERSION@/${layout:-1}/" | if [ -n "$release" ]; then replacing; else cat; fi
}

setup_functions() {
    create=CREATE${release:+ OR REPLACE}
    cat <<SQL
$create FUNCTION pipeline_internal.setup_steps() RETURNS TABLE(version integer, name text, statements text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS \$setup\$
    VALUES
SQL
    # shellcheck disable=SC2046  # a list of files
    step 1 baseline $(files tables)
    sed -n 's/^step \([0-9]*\) /\1 /p' load_order | while read -r version file; do
        printf ',\n'
        step "${version#"${version%%[!0]*}"}" "$(basename "$file" .sql)" "$file"
    done
    cat <<SQL

\$setup\$;
COMMENT ON FUNCTION pipeline_internal.setup_steps() IS
    'The steps of pipeline_setup() in their order: each is run once.';

$create FUNCTION pipeline_internal.setup_objects() RETURNS TABLE(object text, statements text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS \$setup\$
    VALUES
SQL
    # shellcheck disable=SC2046  # a list of files
    included $(files every_setup) | awk -f objects.awk
    cat <<'SQL'
$setup$;
COMMENT ON FUNCTION pipeline_internal.setup_objects() IS
    'The views, triggers and functions that pipeline_setup() makes after the steps, in their order; statements without an object are run every time.';
SQL
}

drops() {
    # The objects that the release made are in its own list, which no table of the user can change.
    grep -v '^#' "releases/$release.drops" | grep . | awk '
        { printf "%s    '\''%s'\''", NR == 1 ? "SELECT pipeline_internal.drop_objects(ARRAY[\n" : ",\n", $0 }
        END { if (NR) print "],\n    ARRAY(SELECT s.object FROM pipeline_internal.setup_objects() s WHERE s.object IS NOT NULL));" }'
}

if [ -n "$release" ]; then
    printf '%s\n' '\echo Use "ALTER EXTENSION pipeline_forecast UPDATE" to load this file. \quit'
else
    printf '%s\n' '\echo Use "CREATE EXTENSION pipeline_forecast" to load this file. \quit'
    for file in $(files install); do cat "$file"; echo; done
fi
for file in $(files code); do
    if [ "$file" = setup/steps.sql ]; then setup_functions; else code "$file"; fi
    if [ "$file" = setup/drop_objects.sql ] && [ -n "$release" ]; then drops; fi
    echo
done
