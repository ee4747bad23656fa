-- What a forecast may lack, in words. Which projects lack it is in forecast_evidence.

CREATE FUNCTION pipeline_internal.forecast_findings()
RETURNS TABLE(sort_order integer, finding text, is_guess boolean, about text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    VALUES
        (1, 'open_projects', false, 'open: neither won and closed nor lost'),
        (2, 'no_value', false, 'without a value: neither an order value nor an enquiry value'),
        (3, 'no_date', true, 'without any date: forecast for today'),
        (4, 'no_planned_date', true, 'without a planned date: forecast for the day of their creation'),
        (5, 'no_probability', true, 'without a probability: nobody stated one, and no analysis has enough to go by'),
        (6, 'no_stage', true, 'without a stage: forecast by the rule (any other)'),
        (7, 'stage_without_rule', true, 'in a stage without a rule: forecast by the rule (any other)'),
        (8, 'no_link', false, 'without a link: none of their subitems is linked to an item of the hidden board'),
        (9, 'past_due', false, 'past due: dated in a month that is over, and so in none of the twelve months'),
        (10, 'guessed', true, 'forecast by a guess: one or more of those that take a default in place of a fact');
END;
COMMENT ON FUNCTION pipeline_internal.forecast_findings() IS
    'What vw_forecast_quality counts; is_guess where the forecast takes a default in place of a fact.';

CREATE FUNCTION pipeline_internal.share_of(part numeric, whole numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN round(part / nullif(whole, 0), 4);
COMMENT ON FUNCTION pipeline_internal.share_of(numeric, numeric) IS 'A part of a whole, 0 to 1; NULL where there is no whole.';
