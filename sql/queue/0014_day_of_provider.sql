-- A provider may count the calls of a day, too.
ALTER TABLE pipeline_data.provider_gate
    ADD COLUMN day date, ADD COLUMN day_used bigint NOT NULL DEFAULT 0, ADD COLUMN day_quota bigint;
COMMENT ON COLUMN pipeline_data.provider_gate.day IS 'The day (UTC) of day_used.';
COMMENT ON COLUMN pipeline_data.provider_gate.day_used IS 'What was taken from the bucket on that day.';
COMMENT ON COLUMN pipeline_data.provider_gate.day_quota IS
    'What may be taken in a day, as far as it is known. Pushes leave a share of it to reading.';
