-- The schemas of the extension. pipeline holds what people and BI tools use, and is made by CREATE EXTENSION itself;
-- pipeline_work what the poller calls; pipeline_internal helpers. Tables live in pipeline and in pipeline_data, which
-- pipeline_setup() makes: the two schemas below are members of the extension, and DROP EXTENSION takes all that is in them.

CREATE SCHEMA pipeline_work;
COMMENT ON SCHEMA pipeline_work IS
    'pipeline_forecast: functions that the poller calls. grant_pipeline_poller() gives a role their use.';
CREATE SCHEMA pipeline_internal;
COMMENT ON SCHEMA pipeline_internal IS
    'pipeline_forecast: helpers of the other schemas; their names and arguments may change with any version.';

-- Every function takes this path along (SET search_path FROM CURRENT). pg_catalog first and pg_temp last: nothing that
-- others may create comes before the objects that are meant.
SET LOCAL search_path = pg_catalog, pipeline, pipeline_work, pipeline_internal, pipeline_data, pg_temp;
-- Functions that a superuser runs, in the update and in grant_pipeline_owner(), see neither pipeline nor pipeline_data: the
-- owner of the tables may create there, a format(text, text) for example, and would get a superuser's rights by it. They
-- have SET search_path = pg_catalog, pipeline_internal, pg_temp.
