# Splits the statements of every_setup files into objects: a view, trigger or function with its comment and indexes, as
# a row (object, statements) of VALUES. Other statements are rows without an object.

function quoted(word) { gsub(/'/, "''", word); return "'" word "'" }

function name_of(text,    words) {
    split(text, words)
    if (text ~ /^CREATE OR REPLACE VIEW /) return "view " words[5]
    if (text ~ /^CREATE MATERIALIZED VIEW IF NOT EXISTS /) return "materialized view " words[7]
    if (text ~ /^CREATE OR REPLACE TRIGGER / && match(text, / ON [a-z_.]+/)) return "trigger " words[5] substr(text, RSTART, RLENGTH)
    if (text ~ /^CREATE OR REPLACE FUNCTION / && match(text, /\nCOMMENT ON FUNCTION [^;]*\) IS/)) return "function " substr(text, RSTART + 21, RLENGTH - 24)
    if (text ~ /^CREATE /) { print "assemble: not an object with a comment: " substr(text, 1, 60) >"/dev/stderr"; exit 1 }
}

function finish() {
    if (text == "") return
    object = name_of(text)
    printf "%s        (%s, $object$%s$object$)", separator, object == "" ? "NULL" : quoted(object), text
    separator = ",\n"
    text = ""
}

!within && (/^--/ || /^ *$/) { next }

!within {
    if ($0 !~ /^(COMMENT ON|ALTER FUNCTION|CREATE INDEX|CREATE UNIQUE INDEX) /) finish()
    within = 1
}

{
    text = text $0 "\n"
    for (rest = $0; match(rest, /\$[a-z_]*\$/); rest = substr(rest, RSTART + RLENGTH)) {
        tag = substr(rest, RSTART, RLENGTH)
        if (quote == "") quote = tag
        else if (quote == tag) quote = ""
    }
    if (/^BEGIN ATOMIC/) atomic = 1
    if (/^END;/) atomic = 0
    if (quote == "" && !atomic && /;$/) within = 0
}

END { finish(); print "" }
