-- Write guards, history, digest and dimension. Triggers depend on the extension's functions, so that dropping and
-- re-creating the extension takes them along; pipeline_setup() puts them back and brings all three up to date with what
-- they missed.
CREATE OR REPLACE TRIGGER projects_check_row
    BEFORE INSERT OR UPDATE ON @extschema@.projects
    FOR EACH ROW EXECUTE FUNCTION @extschema@._check_project_row();

CREATE OR REPLACE TRIGGER pipeline_stage_keep_history
    AFTER INSERT OR UPDATE OR DELETE ON @extschema@.pipeline_stage
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._stage_rules_changed();

CREATE OR REPLACE TRIGGER projects_history_insert
    AFTER INSERT ON @extschema@.projects
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_project_history();
CREATE OR REPLACE TRIGGER projects_history_update
    AFTER UPDATE ON @extschema@.projects
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_project_history();
CREATE OR REPLACE TRIGGER projects_history_delete
    AFTER DELETE ON @extschema@.projects
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_project_history();

CREATE OR REPLACE TRIGGER projects_digest_insert
    AFTER INSERT ON @extschema@.projects
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_analysis_digest();
CREATE OR REPLACE TRIGGER projects_digest_update
    AFTER UPDATE ON @extschema@.projects
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_analysis_digest();
CREATE OR REPLACE TRIGGER projects_digest_delete
    AFTER DELETE ON @extschema@.projects
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_analysis_digest();

CREATE OR REPLACE TRIGGER projects_dimension_insert
    AFTER INSERT ON @extschema@.projects
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_project_dimension();
CREATE OR REPLACE TRIGGER projects_dimension_update
    AFTER UPDATE ON @extschema@.projects
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_project_dimension();
CREATE OR REPLACE TRIGGER projects_dimension_delete
    AFTER DELETE ON @extschema@.projects
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_project_dimension();

CREATE OR REPLACE TRIGGER analysis_results_history_insert
    AFTER INSERT ON @extschema@.analysis_results
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_analysis_history();
CREATE OR REPLACE TRIGGER analysis_results_history_update
    AFTER UPDATE ON @extschema@.analysis_results
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_analysis_history();
CREATE OR REPLACE TRIGGER analysis_results_history_delete
    AFTER DELETE ON @extschema@.analysis_results
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._keep_analysis_history();

CREATE OR REPLACE TRIGGER projects_refuse_truncate
    BEFORE TRUNCATE ON @extschema@.projects
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._refuse_truncate();
CREATE OR REPLACE TRIGGER analysis_results_refuse_truncate
    BEFORE TRUNCATE ON @extschema@.analysis_results
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@._refuse_truncate();

SELECT @extschema@._catch_up_history();
SELECT @extschema@._catch_up_digest();
SELECT @extschema@._catch_up_dimension();
