-- What PUBLIC may execute, name by name. Whoever adds a function that stands here has thought about what a stranger can do
-- with it: it reads with the rights of its caller, its work is bounded by what it is given, and it decodes nothing that was
-- stored. PUBLIC may use none of the schemas; a role that may use one gets these with it.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(3);

CREATE TEMP TABLE listed AS
SELECT t.schema, name
FROM (VALUES
    ('pipeline', 'check_monday_boards explain_forecast forecast_backtest forecast_backtest_recommendations
     forecast_backtest_report get_account_performance import_report llm_attempts llm_backfill_candidates llm_budget
     llm_request monday_push_due monday_push_payload pipeline_best_case_probability pipeline_best_case_value
     pipeline_bias pipeline_checks pipeline_committed_value pipeline_contract_value pipeline_cron_next
     pipeline_cron_previous pipeline_expected_value pipeline_forecast_as_of pipeline_forecast_date
     pipeline_forecast_date_source pipeline_forecast_month pipeline_forecast_totals pipeline_forecast_values
     pipeline_model_rate pipeline_probability pipeline_probability_source pipeline_probability_spread
     pipeline_setting pipeline_share pipeline_skill pipeline_today pipeline_wape pipeline_window_end
     pipeline_window_start pipeline_worst_case_probability pipeline_worst_case_value propose_monday_mapping
     segment_statistics validate_pipeline_forecast'),
    ('pipeline_data', 'analysis_input_as_of forecast_scope_of forecast_with_origin_as_of'),
    ('pipeline', 'propose_history_import'),
    ('pipeline_internal', 'column_of_heads decode_moment fold_history history_key_columns history_moment_column history_presets
     named_fields replay_days require_history_mapping'),
    ('pipeline_internal', 'day_quota_of day_quota_of_plan is_same_number used_on_day written_text'),
    ('pipeline_internal', 'actual_monday_columns adjust_rating analysis_detail analysis_drift_limit analysis_has_moved analysis_version
     attributes_of_day attributes_on backtest_cells backtest_findings backtest_forecasts backtest_markdown
     backtest_origins backtest_rows board_limits board_role_of_event calling_role check_analyses check_boards
     check_clock check_flows check_gates check_job_types check_jobs check_layout check_queue check_refresh
     check_schedule check_snapshot check_version check_waiting check_webhooks check_writable checked_setting column_meanings compute_few_analyses
     confidence_suffix conversion_views count_snapshot_rows count_text cron_job_name decode_field digest_project
     dimension_upsert distinct_list distinct_texts end_of_day expiring_snapshot_days forecast_changes
     forecast_findings forecast_quality_document forecast_steps forecast_totals_combine forecast_totals_final
     forecast_totals_transition gestation_between head_key health_thresholds hidden_values_sql history_begins
     horizons_text html_paragraph html_text import_field_kinds import_presets invoiced_by_month is_cancelled
     is_doubtful is_for_operators is_important_refusal is_snapshot_partition is_storable_json is_wanted job_schedule
     known_stage_bucket latest_snapshot_date layout_version llm_answer_schema llm_attempt_outcomes llm_prompt_version
     llm_system_text map_webhook_events mapping_proposal markdown_row missing_from_dimension monday_configuration
     monday_fields monday_labels monday_table money_text months_between name_key object_address object_state
     oldest_due_jobs oldest_put_off_jobs own_rows_sql parse_llm_answer passes_filter percent_text pipeline_commands pipeline_currency
     plain_text poller_jobs preset_columns preset_source project_values_sql project_versions projects_of_event
     project_search_text prompt_value propose_stages push_heading quote_amount raise_unknown_project read_monday_config read_monday_items
     reads_history recognise_columns recognise_field recognise_preset recognise_stage refreshes refuse_lease
     refused_values_sql reject_reason repeated_keys require_backtest_arguments require_board_config
     require_board_list require_distinct_rows require_few_missing_rows require_layout require_llm_endpoint
     require_monday_board require_own_schemas require_queue require_right_to_grant require_rights_of_owner
     require_role require_run require_same_length require_setting require_turn_arguments require_waterfall_arguments require_writable
     sample_percent schedule_as_known scheduled_jobs setting_definitions setup_objects setup_steps share_of share_text
     shown_has_moved shown_numbers snapshot_moment snapshot_on_or_before snapshot_partitions snapshot_query
     stage_rule_of stage_rule_proposal stage_rule_statement stages_to_decide storable_amount subitem_values_sql table_owner tier_label tokens_at
     validation_checks wanted_text waterfall_bars waterfall_tables weighted_pipeline_value with_formats'),
    ('pipeline_internal', 'boards_without_past microseconds_of moment_of past_item_columns past_projects_sql read_monday_log
     walk_monday_past'),
    ('pipeline', 'ambiguous_links project_forecast_history stage_rules_to_add'),
    ('pipeline', 'outlook_probability_at_least outlook_quantile pipeline_wilson'),
    ('pipeline_data', 'outlook_past outlook_rivals outlook_versions'),
    ('pipeline_internal', 'better_line check_outlook is_month_start compute_outlook outlook_columns outlook_due outlook_factors outlook_month_starts
     outlook_reasons outlook_record_text outlook_sum outlook_sum_final outlook_sum_transition'),
    ('pipeline_internal', 'asked_board_fields board_file_gaps check_links linked_board_pairs monday_column_fits
     monday_config_stages monday_stage_labels needed_board_fields stage_rules_of_labels')
) AS t (schema, names), regexp_split_to_table(t.names, '[[:space:]]+') AS name;

CREATE TEMP TABLE executable AS
SELECT p.oid, n.nspname::text AS schema, p.proname::text AS name
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname IN ('pipeline', 'pipeline_work', 'pipeline_internal', 'pipeline_data')
WHERE EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
  AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                  WHERE d.objid = p.oid AND d.deptype = 'e' AND e.extname <> 'pipeline_forecast');

SELECT is_empty('SELECT schema, name FROM executable EXCEPT TABLE listed', 'PUBLIC executes nothing that is not listed');
SELECT is_empty('TABLE listed EXCEPT SELECT schema, name FROM executable', 'and all that is');
SELECT is_empty(
    $$ SELECT e.oid::regprocedure FROM executable e JOIN pg_proc p ON p.oid = e.oid
       WHERE p.provolatile = 'v' OR p.prosecdef OR 'bytea'::regtype = ANY (p.proargtypes) $$,
    'none of it writes, has the rights of another, or unpacks bytes');

SELECT * FROM finish();
ROLLBACK;
