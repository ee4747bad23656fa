#!/bin/sh
# Prints the install script of the extension: the sources in sql/ in order, then the steps of pipeline_setup() as data.
# A step is run once and has a number (setup/NNNN_name.sql); code is run at every setup (setup/always/NN_name.sql).
# The columns of the forecast stand once, in setup/forecast_columns.sql, and are included where they are selected.
set -eu
cd "$(dirname "$0")"

layout=$(ls setup/[0-9]*.sql | tail -n 1 | sed 's|setup/0*\([0-9]*\)_.*|\1|')

print_step() { # version, file
    printf "        (%s, '%s', \$step\$\n" "$1" "$(basename "$2" .sql)"
    sed -e '/^@include forecast_columns.sql@$/{' -e 'r setup/forecast_columns.sql' -e 'd' -e '}' "$2"
    printf '$step$)'
}

sed "s/@LAYOUT_VERSION@/$layout/" [0-9]*.sql

cat <<'SQL'

CREATE FUNCTION @extschema@._setup_steps() RETURNS TABLE(version integer, name text, statements text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $setup$
    VALUES
SQL
separator=''
for file in setup/[0-9]*.sql; do
    printf "$separator"
    print_step "$(basename "$file" | sed 's/^0*\([0-9]*\)_.*/\1/')" "$file"
    separator=',\n'
done
for file in setup/always/*.sql; do
    printf "$separator"
    print_step 'NULL' "$file"
done
cat <<'SQL'

$setup$;
COMMENT ON FUNCTION @extschema@._setup_steps() IS
    'API: private. The steps of pipeline_setup(); without a version: to be run every time.';
SQL
