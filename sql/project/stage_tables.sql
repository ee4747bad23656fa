-- What a stage means is data: every formula reads this table, no stage label is compiled in.
CREATE TABLE pipeline.pipeline_stage (
    stage text PRIMARY KEY,
    stage_bucket text NOT NULL,
    default_probability numeric(6,5) NOT NULL,
    default_spread numeric(6,5),
    outcome text NOT NULL,
    sort_order integer,
    CONSTRAINT pipeline_stage_bucket_known CHECK (stage_bucket IN (@list forecast/buckets.sql@)),
    CONSTRAINT pipeline_stage_outcome_known CHECK (outcome IN ('won', 'lost', 'open')),
    CONSTRAINT pipeline_stage_probability_in_range CHECK (default_probability BETWEEN 0 AND 1),
    CONSTRAINT pipeline_stage_spread_in_range CHECK (default_spread BETWEEN 0 AND 1),
    CONSTRAINT pipeline_stage_open_has_spread CHECK (stage_bucket <> 'Open' OR default_spread IS NOT NULL)
);

COMMENT ON TABLE pipeline.pipeline_stage IS
    'Stage rules: bucket, default probability and band of each pipeline stage. Edit freely; the row "(any other)" serves every stage that has no row of its own, and an unknown stage.';
COMMENT ON COLUMN pipeline.pipeline_stage.outcome IS
    'What counts as a win or a loss in statistics: won, lost or open. Independent of the bucket.';
COMMENT ON COLUMN pipeline.pipeline_stage.default_spread IS
    'Half the width of the probability band where no analysis gives a confidence; needed in the bucket Open only.';

INSERT INTO pipeline_stage
    (stage, stage_bucket, default_probability, default_spread, outcome, sort_order)
VALUES
    ('Won - Closed (Invoiced)', 'Committed', 1, NULL, 'won', 10),
    ('Won - Open (Order Received)', 'Committed', 1, NULL, 'open', 20),
    ('Won Via Other Ref', 'Committed', 1, NULL, 'open', 30),
    ('Customer Has Order - TP Preferred Supplier', 'Open', 0.75, 0.08, 'open', 40),
    ('Customer Has Order', 'Open', 0.50, 0.12, 'open', 50),
    ('Check with IS', 'Open', 0.30, 0.20, 'open', 60),
    ('Customer Confident Of Project Success', 'Open', 0.20, 0.18, 'open', 70),
    ('Open Enquiry', 'Open', 0, 0.25, 'open', 80),
    ('Lost', 'Lost', 0, NULL, 'lost', 90),
    ('(any other)', 'Open', 0.50, 0.15, 'open', 100);

CREATE TABLE pipeline.pipeline_stage_history (
    stage text NOT NULL,
    stage_bucket text NOT NULL,
    default_probability numeric(6,5) NOT NULL,
    default_spread numeric(6,5),
    outcome text NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    PRIMARY KEY (stage, valid_from)
);

COMMENT ON TABLE pipeline.pipeline_stage_history IS
    'Every version of every stage rule (valid_from inclusive, valid_to exclusive, NULL = still valid), so that a forecast as of a past moment uses the rules of that moment.';

-- The rules that are shipped hold for all time before the first edit.
INSERT INTO pipeline_stage_history
    (stage, stage_bucket, default_probability, default_spread, outcome, valid_from)
SELECT stage, stage_bucket, default_probability, default_spread, outcome, '-infinity'
FROM pipeline_stage;
