-- After all tables and views: what has no comment of its own gets the meaning of its name.
DO $do$
BEGIN
    PERFORM pipeline_internal.describe_columns('{r,p,v,m}');
END
$do$;
