-- The values of settings.

CREATE FUNCTION pipeline.pipeline_setting(name text) RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pipeline_setting';
COMMENT ON FUNCTION pipeline.pipeline_setting(text) IS
    'The value in force of the setting pipeline_forecast.<name>. Error 42704 for an unknown name.';

CREATE FUNCTION pipeline_internal.pipeline_currency() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(pipeline_setting('currency'), '');
COMMENT ON FUNCTION pipeline_internal.pipeline_currency() IS 'The currency of all amounts; NULL where it is not set.';
