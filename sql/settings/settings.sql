-- The settings: what there is to set, and what holds. Their values are rows of a table, so that a dump holds them and a
-- change reaches every session at once.

CREATE FUNCTION pipeline_internal.setting_definitions()
RETURNS TABLE(name text, type text, lowest integer, highest integer, default_value text, description text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    VALUES
        ('analysis_tolerance_percent', 'integer', 0, 10, '1',
         'Percentage points by which the probability of an open project has to move before a change of other projects stores its analysis anew; more where the segment is small (docs/analysis.md). 0 stores every change.'),
        ('currency', 'text', 0, 20, '',
         'Currency of all money, for example EUR. Named on the page, in reports and in requests to language models; no amount is ever converted. Empty: unknown.'),
        ('fiscal_year_start_month', 'integer', 1, 12, '1',
         'Month with which the fiscal year of vw_dim_date begins. A fiscal year is named after the calendar year in which it ends.'),
        ('llm_attempt_limit', 'integer', 1, 100, '5',
         'Failed requests after which the explanation of an analysis is given up, until the inputs of the analysis change.'),
        ('llm_daily_calls', 'integer', 0, 2147483647, '1000',
         'Calls to each language-model provider per day (UTC). When they are spent, requests wait for the next day; 0 stops them.'),
        ('llm_daily_tokens', 'integer', 0, 2147483647, '2000000',
         'Tokens, in and out, of each language-model provider per day (UTC). When they are spent, requests wait for the next day; 0 stops them.'),
        ('log_retention_days', 'integer', 1, 36500, '30',
         'Days for which operational records are kept: refresh_log, finished sync_log rows with their rejects, finished jobs, and the run details of this extension''s pg_cron jobs.'),
        ('model_confidence_minimum', 'number', 0, 1, '0.15',
         'Confidence, 0 to 1, that an analysis needs to overrule the probability that people state. Below it their probability counts; where nobody stated one the analysis counts all the same, as a guess. 0: the analysis always counts.'),
        ('monday_daily_calls', 'integer', 0, 2147483647, '0',
         'Calls that the account of monday.com may make in a day (UTC). 0: those of its plan, as far as its answers tell the plan. Pushes leave a quarter to reading.'),
        ('new_enquiry_reason', 'text', 0, 200, 'New Enquiry',
         'The reason for change that makes a quote a new enquiry. After a change call derive_pipeline_values().'),
        ('notice', 'text', 0, 200, '',
         'What whoever looks at the page has to know of these data, for example that they are made up. Stands on top of every view.'),
        ('outlook_blend', 'integer', 0, 1, '1',
         '1: the outlook is blended with the line of past months by its own track record. 0: the model alone.'),
        ('outlook_retention_days', 'integer', 1, 36500, '14',
         'Days for which runs of the outlook are kept. Those of month starts, which make its record, and the newest are always kept.'),
        ('push_comments_on_closed', 'integer', 0, 1, '0',
         '1: items of won and lost projects get the comment, too. Their columns are written in any case.'),
        ('snapshot_cron_hour_utc', 'integer', 0, 23, '3', 'Hour (UTC) of the daily forecast snapshot.'),
        ('snapshot_cron_minute_utc', 'integer', 0, 59, '10', 'Minute of the daily forecast snapshot.'),
        ('snapshot_retention_days', 'integer', 1, 36500, '730',
         'Days for which forecast snapshots are kept. A snapshot exactly this many days old is kept.'),
        ('statuses_without_value', 'text', 0, 2000, 'Archived, Lost, Quoted - No Value, Won Closed',
         'Statuses of quotes that count nothing towards the value of their project, separated by commas. After a change call derive_pipeline_values().'),
        ('webhook_retention_days', 'integer', 1, 36500, '30',
         'Days for which webhook events are kept; pending ones stay. For this long an event that is sent again is known.');
END;
COMMENT ON FUNCTION pipeline_internal.setting_definitions() IS
    'The settings, with what each may be: the bounds of a number, or of the length of a text.';

CREATE FUNCTION pipeline_internal.require_setting(name text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM setting_definitions() d WHERE d.name = require_setting.name) THEN
        RAISE EXCEPTION USING
            ERRCODE = '42704',
            MESSAGE = format('unrecognized setting "%s"', name),
            HINT = 'SELECT * FROM pipeline.pipeline_settings shows all there are.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_setting(text) IS 'Error 42704 for a setting that does not exist.';

CREATE FUNCTION pipeline_internal.checked_setting(name text, value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    allowed record;
    fits boolean := false;
BEGIN
    PERFORM require_setting(name);
    SELECT * INTO allowed FROM setting_definitions() d WHERE d.name = checked_setting.name;
    IF value IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = format('setting "%s" must not be null', name),
            HINT = format('Leave it out to keep it as it is; its default is "%s".', allowed.default_value);
    END IF;
    value := btrim(value, E' \t\r\n');
    IF allowed.type = 'integer' AND value ~ '^[+-]?[0-9]{1,18}$' THEN
        fits := value::bigint BETWEEN allowed.lowest AND allowed.highest;
        value := value::bigint::text;
    ELSIF allowed.type = 'number' AND value ~ '^[+-]?[0-9]{1,18}([.][0-9]{1,18})?$' THEN
        fits := value::numeric BETWEEN allowed.lowest AND allowed.highest;
        value := trim_scale(value::numeric)::text;
    ELSIF allowed.type = 'text' THEN
        fits := length(value) BETWEEN allowed.lowest AND allowed.highest AND value !~ '[[:cntrl:]]';
    END IF;
    IF fits THEN
        RETURN value;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = '22023',
        MESSAGE = format('setting "%s" must not be "%s"', name, left(value, 100)),
        HINT = CASE allowed.type
            WHEN 'text' THEN format('It is a text of one line and at most %s characters.', allowed.highest)
            WHEN 'number' THEN format('It is a number from %s to %s, with a decimal point.', allowed.lowest, allowed.highest)
            ELSE format('It is a whole number from %s to %s.', allowed.lowest, allowed.highest) END;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.checked_setting(text, text) IS
    'A value in the form in which it is kept. Errors: 42704 unknown setting, 22004 null, 22023 a value that is not allowed.';

CREATE FUNCTION pipeline.pipeline_setting(name text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    value text;
BEGIN
    IF to_regprocedure('pipeline_data.stored_setting(text)') IS NOT NULL THEN
        value := stored_setting(name);
    ELSIF to_regclass('pipeline_data.setting_value') IS NOT NULL THEN
        -- A default in place of what was set might remove what is to be kept.
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('setting "%s" cannot be read', name),
            HINT = 'Call pipeline_setup() to put back what reads it.';
    END IF;
    IF value IS NULL THEN
        SELECT d.default_value INTO value FROM setting_definitions() d WHERE d.name = pipeline_setting.name;
        IF NOT FOUND THEN
            PERFORM require_setting(name);
        END IF;
    END IF;
    -- Settings were these once. The library reserves their prefix, in the sessions that have loaded it.
    IF current_setting('pipeline_forecast.' || name, true) <> '' THEN
        RAISE WARNING USING
            MESSAGE = format('pipeline_forecast.%s is ignored: settings are rows of a table', name),
            HINT = format('SELECT * FROM pipeline.configure_pipeline(%L, ''value'') sets it for every session.', name);
    END IF;
    RETURN value;
END;
$$;
COMMENT ON FUNCTION pipeline.pipeline_setting(text) IS
    'The value of a setting that holds; before pipeline_setup() its default. Error 42704 for an unknown name.';

CREATE FUNCTION pipeline_internal.pipeline_currency() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(pipeline_setting('currency'), '');
COMMENT ON FUNCTION pipeline_internal.pipeline_currency() IS 'The currency of all amounts; NULL where it is not set.';
