-- Write guards, history, digest and dimension. Triggers depend on the extension's functions, so that dropping and
-- re-creating the extension takes them along; pipeline_setup() puts them back and brings all three up to date with what
-- they missed.
CREATE OR REPLACE TRIGGER projects_check_row
    BEFORE INSERT OR UPDATE ON projects
    FOR EACH ROW EXECUTE FUNCTION check_project_row();

CREATE OR REPLACE TRIGGER subitems_check_row
    BEFORE INSERT OR UPDATE ON subitems
    FOR EACH ROW EXECUTE FUNCTION check_item_row();
CREATE OR REPLACE TRIGGER hidden_items_check_row
    BEFORE INSERT OR UPDATE ON hidden_items
    FOR EACH ROW EXECUTE FUNCTION check_item_row();

CREATE OR REPLACE TRIGGER pipeline_stage_keep_history
    AFTER INSERT OR UPDATE OR DELETE ON pipeline_stage
    FOR EACH STATEMENT EXECUTE FUNCTION stage_rules_changed();

CREATE OR REPLACE TRIGGER projects_history_insert
    AFTER INSERT ON projects
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_project_history();
CREATE OR REPLACE TRIGGER projects_history_update
    AFTER UPDATE ON projects
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_project_history();
CREATE OR REPLACE TRIGGER projects_history_delete
    AFTER DELETE ON projects
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_project_history();

CREATE OR REPLACE TRIGGER projects_digest_insert
    AFTER INSERT ON projects
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_analysis_digest();
CREATE OR REPLACE TRIGGER projects_digest_update
    AFTER UPDATE ON projects
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_analysis_digest();
CREATE OR REPLACE TRIGGER projects_digest_delete
    AFTER DELETE ON projects
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_analysis_digest();

CREATE OR REPLACE TRIGGER projects_dimension_insert
    AFTER INSERT ON projects
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_project_dimension();
CREATE OR REPLACE TRIGGER projects_dimension_update
    AFTER UPDATE ON projects
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_project_dimension();
CREATE OR REPLACE TRIGGER projects_dimension_delete
    AFTER DELETE ON projects
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_project_dimension();

CREATE OR REPLACE TRIGGER analysis_results_history_insert
    AFTER INSERT ON analysis_results
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_analysis_history();
CREATE OR REPLACE TRIGGER analysis_results_history_update
    AFTER UPDATE ON analysis_results
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_analysis_history();
CREATE OR REPLACE TRIGGER analysis_results_history_delete
    AFTER DELETE ON analysis_results
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_analysis_history();

CREATE OR REPLACE TRIGGER projects_refuse_truncate
    BEFORE TRUNCATE ON projects
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE OR REPLACE TRIGGER analysis_results_refuse_truncate
    BEFORE TRUNCATE ON analysis_results
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE OR REPLACE TRIGGER pipeline_stage_refuse_truncate
    BEFORE TRUNCATE ON pipeline_stage
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();

SELECT catch_up_history();
SELECT catch_up_digest();
SELECT catch_up_dimension();
