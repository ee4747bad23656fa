-- What titles of columns and labels of stages mean, by word lists in eight languages.

CREATE FUNCTION pipeline_internal.recognise_field(title text, kind text DEFAULT '')
RETURNS TABLE(field text, rank integer, reason text)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
ROWS 2
AS 'MODULE_PATHNAME', 'pipeline_recognise_field';
COMMENT ON FUNCTION pipeline_internal.recognise_field(text, text) IS
    'The fields of a project that a column with this title may hold, the best first (rank 0 its own name, 1 a usual title, 2 a possible one, 3 only if the usual field has another column); none for a title that says nothing. kind is what the column holds: a kind of monday.com (numbers, date, status, people …), or of a file day, number, money, percent, words (neither number nor day); any other says nothing. Case, accents, punctuation, brackets, currencies and the word for a deal do not count.';

CREATE FUNCTION pipeline_internal.recognise_stage(label text)
RETURNS TABLE(stage text, stage_bucket text, default_probability numeric, outcome text, reason text)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
ROWS 1
AS 'MODULE_PATHNAME', 'pipeline_recognise_stage';
COMMENT ON FUNCTION pipeline_internal.recognise_stage(text) IS
    'What the label of a stage means by its words: bucket, outcome (won, lost, open) and the probability of an open one. No row where no word says anything, or what it says is denied.';

CREATE FUNCTION pipeline_internal.propose_stages(labels jsonb)
RETURNS TABLE(stage text, stage_bucket text, default_probability numeric, outcome text, reason text)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
ROWS 10
AS 'MODULE_PATHNAME', 'pipeline_propose_stages';
COMMENT ON FUNCTION pipeline_internal.propose_stages(jsonb) IS
    'One row for each of [{"label", "is_done"}] in the order of the board: by its words, else as won where the board counts it as done, else as an open stage that is the more probable the later it stands.';

CREATE FUNCTION pipeline_internal.stage_rule_statement(
    stage text,
    stage_bucket text,
    default_probability numeric,
    default_spread numeric,
    outcome text
) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN format('INSERT INTO pipeline.pipeline_stage (stage, stage_bucket, default_probability, default_spread, outcome) VALUES (%L, %L, %s, %s, %L);',
              stage, stage_bucket, trim_scale(default_probability),
              CASE WHEN stage_bucket = 'Open' THEN coalesce(trim_scale(default_spread)::text, 'NULL') ELSE 'NULL' END, outcome);
COMMENT ON FUNCTION pipeline_internal.stage_rule_statement(text, text, numeric, numeric, text) IS
    'The statement that adds a stage rule, for a person to look over and run; only an open stage has a spread.';
