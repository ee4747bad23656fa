-- The calls of language models and their prices.
CREATE TABLE pipeline.llm_call (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id text,
    provider text NOT NULL,
    model text NOT NULL,
    input_hash text,
    started_at timestamptz NOT NULL DEFAULT now(),
    duration_ms numeric(12,3),
    http_status integer,
    outcome text NOT NULL,
    tokens_in bigint,
    tokens_out bigint,
    cost numeric(14,6),
    error_message text,
    prompt_version text,
    response jsonb,
    CONSTRAINT llm_call_outcome_known CHECK (outcome IN (
        'ok', 'stale', 'refusal', 'truncated', 'invalid_json', 'schema_violation', 'timeout', 'http_error',
        'rate_limited', 'billing_error'))
);
COMMENT ON TABLE pipeline.llm_call IS 'Every request to a language model with its outcome, tokens and cost. Append-only.';
CREATE INDEX llm_call_started_at_idx ON llm_call (started_at);
COMMENT ON COLUMN pipeline.llm_call.outcome IS
    'ok: stored; stale: the analysis had changed meanwhile, dropped; refusal, truncated, invalid_json, schema_violation, timeout, http_error: failed attempts; rate_limited, billing_error: not served, counted neither as attempt nor against the budget.';
COMMENT ON COLUMN pipeline.llm_call.prompt_version IS 'Everything that shaped the request and is not in input_hash.';
COMMENT ON COLUMN pipeline.llm_call.response IS 'The accepted answer, cleaned; reused where input_hash, model and prompt_version are the same.';
COMMENT ON COLUMN pipeline.llm_call.cost IS 'In the currency of the provider''s bill.';

CREATE INDEX llm_call_attempts_idx ON llm_call (project_id, input_hash);
CREATE INDEX llm_call_reuse_idx ON llm_call (input_hash, model) WHERE outcome = 'ok';
CREATE INDEX llm_call_provider_idx ON llm_call (provider, started_at);

CREATE TABLE pipeline.llm_price (
    model text COLLATE "C" NOT NULL,
    valid_from date NOT NULL DEFAULT '2000-01-01',
    input_per_million numeric(14,6) NOT NULL,
    output_per_million numeric(14,6) NOT NULL,
    PRIMARY KEY (model, valid_from),
    CONSTRAINT llm_price_not_negative CHECK (input_per_million >= 0 AND output_per_million >= 0)
);
COMMENT ON TABLE pipeline.llm_price IS
    'Prices of language models for a million tokens, in the currency of the bill. Calls get their cost from here; without a row it stays unknown.';
COMMENT ON COLUMN pipeline.llm_price.model IS 'As in the setting of the poller, and in llm_call.';
