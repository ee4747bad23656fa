-- How make run ends: what the forecast rests on, what to do about it, and whether to go by it.
\pset footer off
\echo
\echo 'What the forecast of the open projects rests on'
SELECT q.about AS "open projects", q.project_count AS projects, lpad(to_char(q.contract_value, 'FM999,999,999,990.00'), 16) AS value,
       lpad(round(coalesce(q.contract_share, q.project_share) * 100) || ' %', 5) AS share
FROM vw_forecast_quality q
WHERE q.project_count > 0 AND q.finding <> 'guessed'
ORDER BY q.sort_order;
SELECT EXISTS (SELECT FROM stage_rules_to_add()) AS some_without_rule, EXISTS (SELECT FROM ambiguous_links()) AS some_ambiguous \gset
\if :some_without_rule
\echo 'Stages without a rule, and the rules proposed for them: look them over and run them (psql as below)'
SELECT stage, projects, lpad(to_char(contract_value, 'FM999,999,999,990.00'), 16) AS value, statement FROM stage_rules_to_add() LIMIT 20;
\endif
\if :some_ambiguous
\echo 'Quotes that are not linked one to one: connect each subitem to its own (SELECT * FROM ambiguous_links())'
SELECT problem, name, subitems, projects, hidden_items AS quotes, lpad(to_char(quote_amount, 'FM999,999,999,990.00'), 16) AS amount FROM ambiguous_links() LIMIT 5;
\endif
-- Checks that pass say that figures agree with each other, not that they rest on anything.
SELECT format('Today''s snapshot holds %s projects. ',
              to_char((SELECT row_count FROM pipeline_forecast_snapshot_day WHERE snapshot_date = pipeline_today()), 'FM999,999,990'))
    || CASE WHEN c.failed > 0 THEN format('%s of %s checks failed; make status names them. %s', c.failed, c.checks, v.verdict)
            WHEN v.state = 'bad' THEN format('Do not go by this forecast yet: %s The lines above say what is missing.', v.verdict)
            WHEN v.state = 'warn' THEN format('Its figures agree with each other (%s checks), but %s', c.checks, v.verdict)
            ELSE format('%s of %s checks passed. %s', c.checks, c.checks, v.verdict) END AS text
FROM vw_forecast_quality_verdict v
CROSS JOIN (SELECT count(*) AS checks, count(*) FILTER (WHERE NOT passed) AS failed FROM validate_pipeline_forecast()) c \gset verdict_
\echo :verdict_text
