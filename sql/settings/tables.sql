-- What was set, and what had been set before. What there is to set is code: setting_definitions().
CREATE TABLE pipeline_data.setting_value (
    name text NOT NULL,
    value text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    until timestamptz,
    set_by text NOT NULL DEFAULT current_user,
    PRIMARY KEY (name, since)
);
COMMENT ON TABLE pipeline_data.setting_value IS
    'The values of settings that somebody has set, the previous ones included; configure_pipeline() writes them.';
COMMENT ON COLUMN pipeline_data.setting_value.until IS 'When the next value replaced it; NULL for the one that holds.';
CREATE UNIQUE INDEX setting_value_current_idx ON setting_value (name) WHERE until IS NULL;

SELECT take_over_settings();
