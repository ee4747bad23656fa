-- What calls to the outside world cost, how many there may be, and what they left there.
CREATE TABLE @extschema@.llm_price (
    model text COLLATE "C" NOT NULL,
    valid_from date NOT NULL DEFAULT '2000-01-01',
    input_per_million numeric(14,6) NOT NULL,
    output_per_million numeric(14,6) NOT NULL,
    PRIMARY KEY (model, valid_from),
    CONSTRAINT llm_price_not_negative CHECK (input_per_million >= 0 AND output_per_million >= 0)
);
COMMENT ON TABLE @extschema@.llm_price IS
    'Prices of language models for a million tokens, in the currency of the bill. Calls get their cost from here; without a row it stays unknown.';
COMMENT ON COLUMN @extschema@.llm_price.model IS 'As in the setting of the poller, and in llm_call.';

-- A budget that is spent puts explanations off by up to a day, several days in a row where there are many.
INSERT INTO @extschema@.job_type (job_type, provider, max_attempts, max_age) VALUES ('llm_explain', 'llm', 10, '7 days');

-- The limits of the smallest plan, until an answer names those of the account.
INSERT INTO @extschema@.provider_gate (provider, tokens, capacity, refill_per_second) VALUES
    ('monday', 250, 250, 12.5),
    ('monday complexity', 250000, 250000, 12500)
ON CONFLICT (provider) DO NOTHING;

ALTER TABLE @extschema@.push_state
    ADD COLUMN columns_pushes bigint NOT NULL DEFAULT 0,
    ADD COLUMN comment_pushes bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN @extschema@.push_state.columns_pushes IS
    'How often the columns were written. A part of the key by which monday.com knows a repeated write from a new one.';
COMMENT ON COLUMN @extschema@.push_state.comment_pushes IS 'How often the comment was written, likewise.';
COMMENT ON COLUMN @extschema@.push_state.update_id IS 'The comment, which is edited in place.';
COMMENT ON COLUMN @extschema@.push_state.attempts IS
    'Failed pushes since the last one that succeeded. After one, the item is read before it is written again.';
