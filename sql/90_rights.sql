-- Who may do what. Nothing that writes is executable by PUBLIC; these two functions give a role what it needs.

CREATE FUNCTION @extschema@._require_role(role text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
        RAISE EXCEPTION USING
            ERRCODE = '42704',
            MESSAGE = format('role "%s" does not exist', coalesce(role, 'NULL')),
            HINT = 'Create it first: CREATE ROLE ... LOGIN PASSWORD ...';
    END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@._require_role(text) IS 'API: private. Error 42704 for a role that does not exist.';

CREATE FUNCTION @extschema@._report_views() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[
        'vw_pipeline_forecast_project_v1', 'vw_pipeline_forecast_monthly_12m_v1', 'vw_forecast_explanation_v1',
        'mv_pipeline_forecast_monthly_12m_v1', 'conversion_metrics', 'conversion_metrics_recent', 'vw_analysis_current',
        'vw_dim_date', 'vw_dim_snapshot_date', 'vw_dim_project', 'vw_forecast_latest', 'vw_forecast_history', 'vw_forecast_accuracy',
        'vw_invoices', 'vw_enquiries_monthly', 'vw_bookings_monthly', 'vw_revenue_monthly']
$$;
COMMENT ON FUNCTION @extschema@._report_views() IS
    'API: private. The views that reports read, materialized ones included.';

CREATE FUNCTION @extschema@.grant_forecast_reader(role text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation text;
    routine regprocedure;
BEGIN
    PERFORM @extschema@._require_writable('grant rights');
    PERFORM @extschema@._require_role(role);
    PERFORM @extschema@._require_layout();
    EXECUTE format('GRANT USAGE ON SCHEMA @extschema@ TO %I', role);
    FOREACH relation IN ARRAY @extschema@._report_views() LOOP
        EXECUTE format('GRANT SELECT ON @extschema@.%I TO %I', relation, role);
    END LOOP;
    -- information_schema shows keys only to a role with more than SELECT; REFERENCES gives no access to rows. The
    -- partitions stay without any grant, so that tools list the table once.
    EXECUTE format('GRANT SELECT, REFERENCES ON @extschema@.pipeline_forecast_snapshot TO %I', role);
    FOREACH routine IN ARRAY ARRAY[
        '@extschema@.explain_forecast(text)',
        '@extschema@.forecast_backtest(integer, integer, numeric, boolean, date)',
        '@extschema@.forecast_backtest_report(integer, integer, numeric, boolean, date)',
        '@extschema@.forecast_backtest_recommendations(integer, integer, numeric, boolean, date)']::regprocedure[]
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', routine, role);
    END LOOP;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.grant_forecast_reader(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.grant_forecast_reader(text) IS
    'Lets a role read the reporting relations (forecast by project and month, current analyses, conversion metrics, snapshots, actuals and their dimensions), explain a forecast and run the backtest on snapshots; nothing else. For BI tools.';

CREATE FUNCTION @extschema@.grant_pipeline_poller(role text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation text;
    routine regprocedure;
BEGIN
    PERFORM @extschema@._require_writable('grant rights');
    PERFORM @extschema@._require_role(role);
    PERFORM @extschema@._require_layout();
    EXECUTE format('GRANT USAGE ON SCHEMA @extschema@ TO %I', role);
    FOREACH relation IN ARRAY ARRAY[
        'projects', 'subitems', 'hidden_items', 'project_dimension', 'analysis_results', 'analysis_digest', 'sync_log',
        'sync_reject', 'monday_scan', 'monday_board', 'monday_column', 'webhook_events',
        'webhook_event_job', 'job_queue', 'job_queue_queued', 'job_queue_running', 'job_queue_finished', 'provider_gate',
        'push_state', 'monday_webhook']
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON @extschema@.%I TO %I', relation, role);
    END LOOP;
    EXECUTE format('GRANT SELECT, INSERT ON @extschema@.llm_call TO %I', role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON @extschema@.api_key TO %I', role);
    EXECUTE format('GRANT SELECT, UPDATE ON @extschema@.queue_upkeep TO %I', role);
    EXECUTE format('GRANT USAGE ON SEQUENCE @extschema@.job_queue_id_seq, @extschema@.job_lease_token_seq TO %I', role);
    -- History is written by its triggers, which run with the rights of whoever changes a project: it can be added to
    -- and closed, not removed.
    FOREACH relation IN ARRAY ARRAY['project_history', 'analysis_history'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON @extschema@.%I TO %I', relation, role);
    END LOOP;
    FOREACH relation IN ARRAY ARRAY[
        'pipeline_stage', 'pipeline_stage_history', 'pipeline_forecast_snapshot', 'pipeline_forecast_snapshot_day',
        'refresh_log', 'pipeline_job', 'job_type', 'llm_price', 'queue_health', 'webhook_metrics', 'system_performance',
        'project_lineage', 'sync_health', 'data_freshness', 'pipeline_schema_version', '_pipeline_analysis_input', '_kept_digest',
        '_monday_push_content', '_monday_push_due']
        || @extschema@._report_views()
    LOOP
        EXECUTE format('GRANT SELECT ON @extschema@.%I TO %I', relation, role);
    END LOOP;
    FOREACH routine IN ARRAY ARRAY[
        '@extschema@.explain_forecast(text)', '@extschema@.import_projects(regclass, jsonb)',
        '@extschema@.forecast_pipeline_version()', '@extschema@.forecast_pipeline_document(integer, date, text)',
        '@extschema@.forecast_snapshot_selection(date, text, text)',
        '@extschema@.forecast_snapshot_page(date, text, text, bigint, integer, date, text)',
        '@extschema@.pipeline_readiness(interval, interval)',
        '@extschema@.forecast_months_document(text, text, text)', '@extschema@.forecast_filters_document(integer)',
        '@extschema@.forecast_drift_document(date, text, text, text)', '@extschema@.forecast_accuracy_document(text, text, integer)',
        '@extschema@.projects_document(text, integer)',
        '@extschema@.project_document(text, integer)', '@extschema@.pipeline_status_document(interval, interval, integer)',
        '@extschema@.validate_pipeline_forecast()',
        '@extschema@.analyze_projects(text[], timestamptz)', '@extschema@.analyze_project(text, timestamptz)',
        '@extschema@.explain_analysis(text, timestamptz)', '@extschema@.segment_statistics(text, timestamptz)',
        '@extschema@._analyze(text[], timestamptz, boolean)', '@extschema@._analyze_few(text[], timestamptz, boolean)',
        '@extschema@._analysis_detail(text[], timestamptz, boolean)',
        '@extschema@._merge_digest(integer, integer)', '@extschema@._missing_from_digest()',
        '@extschema@._catch_up_digest()',
        '@extschema@.llm_request(text)', '@extschema@.store_llm_result(text, text, text, jsonb)',
        '@extschema@.store_llm_result(text, text, jsonb, jsonb)',
        '@extschema@.record_llm_failure(text, text, text, jsonb)', '@extschema@.reuse_llm_result(text, text)',
        '@extschema@.llm_attempts(text, text)', '@extschema@.llm_budget(text)',
        '@extschema@.llm_backfill_candidates(interval, integer, boolean)',
        '@extschema@._log_llm_call(text, text, text, jsonb, text, jsonb)',
        '@extschema@._apply_llm_answer(text, jsonb, text)', '@extschema@._fail_llm(text, text, text)',
        '@extschema@.begin_llm_explanation(text, text, text, boolean)',
        '@extschema@.end_llm_explanation(text, text, text, text, jsonb)',
        '@extschema@.enqueue_llm_explanations(interval, integer, interval, boolean)',
        '@extschema@.monday_push_plan(text)', '@extschema@.record_monday_push(text, text, text, text)',
        '@extschema@.record_monday_push_failure(text, text, boolean)', '@extschema@.enqueue_monday_push(text, integer)',
        '@extschema@.reserve_provider_tokens(text[], integer[], double precision)',
        '@extschema@.settle_provider_tokens(text[], integer[], integer[])',
        '@extschema@.set_provider_quota(text, bigint, interval)',
        '@extschema@.monday_push_payload(text)', '@extschema@.monday_push_due(integer)',
        '@extschema@.get_account_performance(text)',
        '@extschema@.forecast_backtest(integer, integer, numeric, boolean, date)',
        '@extschema@.forecast_backtest_report(integer, integer, numeric, boolean, date)',
        '@extschema@.forecast_backtest_recommendations(integer, integer, numeric, boolean, date)',
        '@extschema@.forecast_waterfall(date, date, text)', '@extschema@.forecast_waterfall_projects(date, date, text)',
        '@extschema@.forecast_slippage(date, date)', '@extschema@.stage_velocity(date)',
        '@extschema@.enqueue_job(text, text, jsonb, integer, timestamptz)',
        '@extschema@.claim_jobs(text, text[], integer[], interval)', '@extschema@._reclaim_expired_jobs(timestamptz)',
        '@extschema@.renew_leases(bigint[], bigint[], interval)',
        '@extschema@.finish_jobs(bigint[], bigint[], text[])', '@extschema@.fail_job(bigint, bigint, text, boolean)',
        '@extschema@.wait_job(bigint, bigint, interval, text)', '@extschema@.return_jobs(bigint[], bigint[])',
        '@extschema@._end_jobs(bigint[], bigint[], text, text[], integer)',
        '@extschema@._put_back_jobs(bigint[], bigint[], timestamptz[], text[], boolean, integer)',
        '@extschema@._settle_events(text[], bigint[], text[])', '@extschema@._retry_delay(integer)',
        '@extschema@.block_provider(text, interval, text)', '@extschema@.take_provider_tokens(text, integer)',
        '@extschema@.record_webhook_events(text[], text[], text[], text[], text[], text[], text[], text[], text[], text[])',
        '@extschema@.sweep_webhook_events()', '@extschema@.purge_webhook_events(integer, integer)',
        '@extschema@.purge_finished_jobs(integer, integer)',
        '@extschema@.add_api_key(text, text[], bytea)', '@extschema@.revoke_api_key(bigint)',
        '@extschema@.find_api_key(bytea)',
        '@extschema@.begin_sync_run(text, text, text)', '@extschema@.add_sync_progress(bigint, bigint, bigint)',
        '@extschema@.end_sync_run(bigint, text, text, bigint, bigint, jsonb)',
        '@extschema@.fail_abandoned_sync_runs(interval)', '@extschema@._require_or_begin_run(bigint, text, text)',
        '@extschema@.ingest_monday_items(text, jsonb, bigint)', '@extschema@._lock_monday_data()',
        '@extschema@._write_monday_rows(text, jsonb, jsonb, text[], bigint)',
        '@extschema@._propagate_monday_changes(text, text[], text[], bigint, timestamptz)',
        '@extschema@._enqueue_analyses(text[])', '@extschema@.soft_delete_monday_items(text, text[], bigint)',
        '@extschema@.soft_delete_missing_subitems(text[], text[], bigint)',
        '@extschema@._soft_delete_monday_rows(text, text, text[], bigint)', '@extschema@.derive_pipeline_values(text[])',
        '@extschema@.monday_sync_since(text, integer)', '@extschema@.advance_high_water_mark(text, timestamptz)',
        '@extschema@.monday_hidden_candidates(text[])', '@extschema@.record_monday_scan(bigint, text, jsonb)',
        '@extschema@.complete_monday_scan(bigint, text)', '@extschema@.enqueue_due_monday_pushes(integer)',
        '@extschema@.analyze_and_enqueue_pushes(text[])', '@extschema@.import_monday_boards(jsonb)',
        '@extschema@.enqueue_scheduled_job(text)', '@extschema@.check_monday_boards(jsonb)', '@extschema@.refresh_monday_labels(jsonb)']::regprocedure[]
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', routine, role);
    END LOOP;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.grant_pipeline_poller(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.grant_pipeline_poller(text) IS
    'Lets the role of the poller read and write what it synchronises and serve reports. Snapshots, refreshes and the schedule stay with the owner of the tables, under whom pg_cron runs them.';
