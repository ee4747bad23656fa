-- Putting jobs in. All clocks of the queue are the database's.

CREATE FUNCTION pipeline.enqueue_job(
    job_type text,
    project_id text DEFAULT NULL,
    payload jsonb DEFAULT '{}',
    priority integer DEFAULT 100,
    run_at timestamptz DEFAULT now()
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    -- NULL means what leaving the argument out means.
    content jsonb := coalesce(payload, '{}');
    due timestamptz := coalesce(enqueue_job.run_at, now());
    most_attempts integer;
    job_id bigint;
BEGIN
    PERFORM require_queue('enqueue a job');
    IF coalesce(btrim(job_type), '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN job_type IS NULL THEN '22004' ELSE '22023' END,
            MESSAGE = 'job_type must not be null or empty',
            HINT = 'Name the type of the job, for example analyze.';
    END IF;
    SELECT t.max_attempts INTO most_attempts FROM job_type t WHERE t.job_type = enqueue_job.job_type;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('unknown job_type "%s"', left(job_type, 100)),
            DETAIL = 'No poller would do such a job.',
            HINT = format('Types are %s.', (SELECT string_agg(t.job_type, ', ' ORDER BY t.job_type) FROM job_type t));
    END IF;
    IF btrim(project_id) = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'project_id must not be empty',
            HINT = 'Leave it out for a job that concerns no single project.';
    END IF;
    IF jsonb_typeof(content) <> 'object' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('payload must be a JSON object, not %s', jsonb_typeof(content)),
            HINT = 'Payloads of jobs that coalesce are merged key by key.';
    END IF;
    IF NOT isfinite(due) THEN
        RAISE EXCEPTION USING
            ERRCODE = '22008',
            MESSAGE = 'run_at must be finite',
            HINT = 'Leave it out for a job that is due at once.';
    END IF;

    INSERT INTO job_queue_queued AS waiting
        (id, job_type, project_id, payload, priority, run_at, dedupe_key, max_attempts)
    SELECT nextval('job_queue_id_seq'), enqueue_job.job_type, enqueue_job.project_id, content, coalesce(enqueue_job.priority, 100), due,
        coalesce(enqueue_job.project_id, encode(sha256(convert_to(content::text, 'UTF8')), 'hex')),
        most_attempts
@include queue/join_waiting.sql@
        run_at = least(waiting.run_at, excluded.run_at)
    RETURNING id INTO job_id;
    PERFORM pg_notify('pipeline_jobs', '');
    RETURN job_id;
END;
$$;
COMMENT ON FUNCTION pipeline.enqueue_job(text, text, jsonb, integer, timestamptz) IS
    'Enqueues a job and returns its id. A job of this type that waits for the same project (or, without a project, with the same payload) is joined instead: the smaller priority and the earlier run_at count, payloads are merged. Notifies pipeline_jobs. Errors: 22004, 22008, 22023 (a type that no poller does among them).';
