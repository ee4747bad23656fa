-- What the log of language-model calls needs for reuse, retries and budgets.
ALTER TABLE @extschema@.llm_call
    ADD COLUMN prompt_version text,
    ADD COLUMN response jsonb,
    ADD CONSTRAINT llm_call_outcome_known CHECK (outcome IN (
        'ok', 'stale', 'refusal', 'truncated', 'invalid_json', 'schema_violation', 'timeout', 'http_error',
        'rate_limited', 'billing_error'));

COMMENT ON COLUMN @extschema@.llm_call.outcome IS
    'ok: stored; stale: the analysis had changed meanwhile, dropped; refusal, truncated, invalid_json, schema_violation, timeout, http_error: failed attempts; rate_limited, billing_error: not served, counted neither as attempt nor against the budget.';
COMMENT ON COLUMN @extschema@.llm_call.prompt_version IS 'Everything that shaped the request and is not in input_hash.';
COMMENT ON COLUMN @extschema@.llm_call.response IS 'The accepted answer, cleaned; reused where input_hash, model and prompt_version are the same.';
COMMENT ON COLUMN @extschema@.llm_call.cost IS 'In the currency of the provider''s bill.';

CREATE INDEX llm_call_attempts_idx ON @extschema@.llm_call (project_id, input_hash);
CREATE INDEX llm_call_reuse_idx ON @extschema@.llm_call (input_hash, model) WHERE outcome = 'ok';
CREATE INDEX llm_call_provider_idx ON @extschema@.llm_call (provider, started_at);
