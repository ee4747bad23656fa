-- Requests that were not let in leave nothing behind but a number.
CREATE TABLE pipeline_data.webhook_refusal (
    hour timestamptz,
    reason text COLLATE "C",
    requests bigint NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (hour, reason)
);
COMMENT ON TABLE pipeline_data.webhook_refusal IS
    'How many requests to the address of webhooks showed no valid credentials, by hour and by what was wrong with them; of a week.';
COMMENT ON COLUMN pipeline_data.webhook_refusal.reason IS
    'missing, malformed, algorithm, signature, expired, not_yet_valid or audience, as in pipeline_webhook_requests_total.';
