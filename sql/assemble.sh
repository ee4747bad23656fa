#!/bin/sh
# Prints the install script of the extension from the files of sql/, in the order of load_order: code as it stands, tables
# and views as data of pipeline_setup(), which runs them for their owner.
# A line "@include FILE@" stands for the lines of another file.
set -eu
cd "$(dirname "$0")"

files() { sed -n "s/^$1  *//p" load_order; }
layout=$(sed -n 's/^step 0*\([0-9]*\) .*/\1/p' load_order | tail -n 1)

included() { # file
    awk '/^@include .*@$/ { file = substr($2, 1, length($2) - 1); while ((getline line < file) > 0) print line; next } { print }' "$1"
}

step() { # version or NULL, name, files
    printf "        (%s, '%s', \$step\$\n" "$1" "$2"
    shift 2
    for file in "$@"; do included "$file"; done
    printf '$step$)'
}

for file in $(files code); do
    if [ "$file" = setup/steps.sql ]; then
        cat <<'SQL'
CREATE FUNCTION pipeline_internal.setup_steps() RETURNS TABLE(version integer, name text, statements text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $setup$
    VALUES
SQL
        # shellcheck disable=SC2046  # a list of files
        step 1 baseline $(files tables)
        sed -n 's/^step \([0-9]*\) /\1 /p' load_order | while read -r version file; do
            printf ',\n'
            step "${version#"${version%%[!0]*}"}" "$(basename "$file" .sql)" "$file"
        done
        for view in $(files every_setup); do
            printf ',\n'
            step NULL "$view" "$view"
        done
        cat <<'SQL'

$setup$;
COMMENT ON FUNCTION pipeline_internal.setup_steps() IS
    'The steps of pipeline_setup() in their order; those without a version are run every time.';
SQL
    else
        sed "s/@LAYOUT_VERSION@/${layout:-1}/" "$file"
    fi
    echo
done
