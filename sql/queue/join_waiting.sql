    -- Not DO NOTHING: the update locks the waiting job, so that it cannot be claimed before what it is meant to see is
    -- committed. An event whose job was claimed a moment ago thus gets a job of its own.
    ON CONFLICT (job_type, dedupe_key) WHERE dedupe_key IS NOT NULL DO UPDATE
    SET priority = least(waiting.priority, excluded.priority),
        payload = waiting.payload || excluded.payload,
        updated_at = excluded.updated_at,
