-- What is left of the limits of the providers that are called.
CREATE OR REPLACE VIEW pipeline.provider_limits AS
SELECT
    g.provider,
    used_on_day(g.day, g.day_used, now()) AS used_today,
    q.day_quota,
    CASE WHEN used_on_day(g.day, g.day_used, now()) >= q.day_quota
         THEN date_trunc('day', now(), 'UTC') + interval '1 day' END AS used_up_until,
    CASE WHEN g.blocked_until > now() THEN g.blocked_until END AS blocked_until,
    CASE WHEN g.blocked_until > now() THEN g.reason END AS blocked_because
FROM provider_gate g
CROSS JOIN LATERAL (SELECT day_quota_of(g.provider, g.day_quota) OFFSET 0) AS q (day_quota);

COMMENT ON VIEW pipeline.provider_limits IS
    'What was used today (UTC) of each limit towards monday.com and language models, how much a day allows where that is known, and which of them are shut until when and why. "monday token …" is one token, "… writes" what it may not do.';
