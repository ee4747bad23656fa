-- One run of the outlook.

CREATE FUNCTION pipeline_internal.compute_outlook(as_of timestamptz, blend boolean)
RETURNS TABLE(
    document jsonb,
    input_hash text,
    project_id text,
    p_won double precision,
    later double precision,
    lost double precision,
    win_value double precision,
    months double precision[],
    reasons double precision[],
    groups integer[]
)
LANGUAGE c STABLE STRICT PARALLEL UNSAFE
ROWS 10000
AS 'MODULE_PATHNAME', 'pipeline_compute_outlook';
COMMENT ON FUNCTION pipeline_internal.compute_outlook(timestamptz, boolean) IS
    'One run, not stored: a row with all but its projects (document, whose members are named like the tables'' columns, and the hash of what was read), then a row for each open project.';

CREATE FUNCTION pipeline_internal.outlook_reasons() RETURNS text[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_outlook_reasons';
COMMENT ON FUNCTION pipeline_internal.outlook_reasons() IS
    'The names of the steps of an explanation, in the order of outlook_project.reasons.';

CREATE FUNCTION pipeline_internal.outlook_factors() RETURNS text[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_outlook_factors';
COMMENT ON FUNCTION pipeline_internal.outlook_factors() IS
    'The names of the factors, in the order of outlook_project.groups.';
