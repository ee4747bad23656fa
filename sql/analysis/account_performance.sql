-- How an account has done.

CREATE FUNCTION pipeline.get_account_performance(account text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    performance jsonb;
BEGIN
    PERFORM require_layout();
    IF account IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'account must not be null',
            HINT = 'Give the name of an account as it stands in projects.account.';
    END IF;
    SELECT jsonb_build_object(
        'account', get_account_performance.account,
        'since', (pipeline_today() - interval '2 years')::date,
        'total_projects', count(*),
        'won', count(*) FILTER (WHERE i.outcome = 'won'),
        'lost', count(*) FILTER (WHERE i.outcome = 'lost'),
        'open', count(*) FILTER (WHERE i.outcome = 'open'),
        'win_rate', round(count(*) FILTER (WHERE i.outcome = 'won')::numeric / nullif(count(*), 0), 3),
        'closed_win_rate', round(count(*) FILTER (WHERE i.outcome = 'won')::numeric
                                 / nullif(count(*) FILTER (WHERE i.outcome IN ('won', 'lost')), 0), 3),
        'mean_value', round(avg(i.new_enquiry_value), 2),
        'total_value', coalesce(sum(i.new_enquiry_value), 0.00),
        'mean_gestation_days', round(avg(i.gestation_period) FILTER (WHERE i.gestation_period > 0), 1),
        'projects_last_90_days', count(*) FILTER (WHERE i.date_created >= pipeline_today() - 90))
    INTO performance
    FROM analysis_input i
    WHERE i.account = get_account_performance.account
      AND i.date_created >= pipeline_today() - interval '2 years';
    RETURN performance;
END;
$$;
COMMENT ON FUNCTION pipeline.get_account_performance(text) IS
    'The active projects of an account (exactly this text) created in the last two years: counts by outcome, win_rate (of all) and closed_win_rate (of decided ones), enquiry values, mean gestation of those that have one, and how many are from the last 90 days. An account without projects has counts of 0 and null rates. Error 22004 for null.';
