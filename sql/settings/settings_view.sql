-- The settings for people, and what was set for pipeline_setting(): whoever calls it has no right on the table.
CREATE OR REPLACE FUNCTION pipeline_data.stored_setting(name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
    SELECT s.value FROM setting_value s WHERE s.name = $1 AND s.until IS NULL
$$;
COMMENT ON FUNCTION pipeline_data.stored_setting(text) IS 'What a setting was set to; NULL where its default holds.';
ALTER FUNCTION pipeline_data.stored_setting(text) DEPENDS ON EXTENSION pipeline_forecast;

-- The forecast reads this once in a statement: planned once in a session, it costs a few microseconds.
CREATE OR REPLACE FUNCTION pipeline_data.model_confidence_minimum(as_of timestamptz DEFAULT 'infinity') RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN coalesce(
        (SELECT s.value::numeric FROM setting_value s
         WHERE s.name = 'model_confidence_minimum' AND s.since <= as_of AND (s.until > as_of OR s.until IS NULL)),
        (SELECT d.default_value::numeric FROM setting_definitions() d WHERE d.name = 'model_confidence_minimum'));
END;
$$;
COMMENT ON FUNCTION pipeline_data.model_confidence_minimum(timestamptz) IS
    'The setting of that name: the one that holds, or the one that held at a moment.';
ALTER FUNCTION pipeline_data.model_confidence_minimum(timestamptz) DEPENDS ON EXTENSION pipeline_forecast;

-- Values are checked where they are stored: no role but the owner's writes the table.
CREATE OR REPLACE FUNCTION pipeline_data.keep_setting(name text, value text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz := clock_timestamp();
    checked text := checked_setting(keep_setting.name, keep_setting.value);
BEGIN
    UPDATE setting_value s SET until = moment
    WHERE s.name = keep_setting.name AND s.until IS NULL AND s.value <> checked;
    INSERT INTO setting_value AS s (name, value, since, set_by)
    VALUES (keep_setting.name, checked, moment, calling_role())
    ON CONFLICT (name) WHERE until IS NULL DO NOTHING;
END;
$$;
COMMENT ON FUNCTION pipeline_data.keep_setting(text, text) IS
    'Stores the value of a setting; the previous one stays on record. Errors: 42704 unknown setting, 22004 null, 22023 a value that is not allowed.';
ALTER FUNCTION pipeline_data.keep_setting(text, text) DEPENDS ON EXTENSION pipeline_forecast;

CREATE OR REPLACE VIEW pipeline.pipeline_settings AS
SELECT
    d.name,
    coalesce(v.value, d.default_value) AS value,
    d.default_value,
    d.type,
    d.lowest,
    d.highest,
    d.description,
    v.since,
    v.set_by
FROM setting_definitions() d
LEFT JOIN setting_value v ON v.name = d.name AND v.until IS NULL;
COMMENT ON VIEW pipeline.pipeline_settings IS
    'Every setting: its value, what it may be, and who set it. configure_pipeline() changes one; previous values stay in pipeline_data.setting_value.';
COMMENT ON COLUMN pipeline.pipeline_settings.name IS 'Name of the setting.';
COMMENT ON COLUMN pipeline.pipeline_settings.value IS 'The value that holds, for every session.';
COMMENT ON COLUMN pipeline.pipeline_settings.default_value IS 'The value that holds where nobody has set one.';
COMMENT ON COLUMN pipeline.pipeline_settings.type IS 'integer or text.';
COMMENT ON COLUMN pipeline.pipeline_settings.lowest IS 'The lowest number that is allowed; of a text its shortest length.';
COMMENT ON COLUMN pipeline.pipeline_settings.highest IS 'The highest number that is allowed; of a text its greatest length.';
COMMENT ON COLUMN pipeline.pipeline_settings.description IS 'What the setting decides.';
COMMENT ON COLUMN pipeline.pipeline_settings.since IS 'When the value was set; NULL where the default holds.';
COMMENT ON COLUMN pipeline.pipeline_settings.set_by IS 'The role that set the value; ALTER DATABASE where pipeline_setup() took it over from there; NULL where the default holds.';
