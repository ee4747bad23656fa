"""An ordinary role owns everything: what README says to do, without a superuser after CREATE EXTENSION."""

import psycopg
import pytest
from psycopg import sql

import roles
from cluster import failed_checks, fill, value

OWNER = "pf_sales_owner"


@pytest.fixture
def owned(empty_database):
    """Set up by a role that is no superuser; as a namespace with connect(role)."""
    superuser = empty_database.connection()
    if value(superuser, "SELECT to_regrole(%s) IS NULL", [OWNER]):
        superuser.execute(f"CREATE ROLE {OWNER} LOGIN")
    for role in (roles.POLLER, roles.READER):
        if value(superuser, "SELECT to_regrole(%s) IS NULL", [role]):
            superuser.execute(f"CREATE ROLE {role} LOGIN")
    superuser.execute("CREATE EXTENSION pipeline_forecast")
    superuser.execute("SELECT pipeline.grant_pipeline_owner(%s)", [OWNER])
    empty_database.superuser = superuser
    empty_database.connect = lambda role, name=None: connect(empty_database, role, name)
    owner = empty_database.connect(OWNER)
    assert value(owner, "SELECT pipeline.pipeline_setup()") > 0
    empty_database.owner = owner
    yield empty_database
    owner.close()
    superuser.execute(sql.SQL("DROP OWNED BY {}, {}, {}").format(*map(sql.Identifier, (OWNER, roles.POLLER, roles.READER))))


def connect(database, role, name):
    cluster = database.cluster
    return psycopg.connect(
        host=str(cluster.home), port=cluster.port, user=role, dbname=name or database.name, autocommit=True,
        row_factory=psycopg.rows.dict_row,
        options="-c search_path=pipeline,pipeline_work,pipeline_internal,pipeline_data",
    )


def work(owner):
    fill(owner)
    owner.execute("CREATE TEMP TABLE staging (id text, amount text)")
    owner.execute("INSERT INTO staging VALUES ('imported', '1000')")
    owner.execute(
        """SELECT import_projects('staging', '{"fields": {"project_id": "id", "new_enquiry_value": "amount"}}')"""
    )
    owner.execute("SELECT analyze_projects()")
    owner.execute("CALL refresh_pipeline_views()")
    assert value(owner, "SELECT create_pipeline_forecast_snapshot()") > 0
    owner.execute("SELECT grant_forecast_reader(%s), grant_pipeline_poller(%s)", [roles.READER, roles.POLLER])


def uses(connect):
    """The other two roles do what they are for."""
    with connect(roles.READER) as reader:
        assert value(reader, "SELECT count(*) FROM vw_pipeline_forecast_project_v1") == 201
        assert reader.execute("SELECT * FROM explain_forecast('P1')").fetchall()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("SELECT * FROM projects")
    with connect(roles.POLLER) as poller:
        poller.execute("UPDATE projects SET account = 'Account 999' WHERE monday_id = 'P1'")
        assert value(poller, "SELECT create_pipeline_forecast_snapshot()") > 0
        poller.execute("CALL refresh_pipeline_views()")
        assert value(poller, "SELECT enqueue_job('refresh')") > 0
        assert poller.execute("SELECT * FROM claim_jobs('w', ARRAY['refresh'], ARRAY[1])").fetchall()


def test_everything_belongs_to_the_owner_and_works(owned):
    work(owned.owner)
    others = owned.superuser.execute(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace IN ('pipeline'::regnamespace, "
        "'pipeline_data'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relowner <> %s::regrole",
        [OWNER],
    ).fetchall()
    assert others == []
    assert [row["check_name"] for row in failed_checks(owned.owner)] == []
    uses(owned.connect)
    assert value(owned.owner, "SELECT pipeline_setup()") > 0


def test_it_survives_dump_and_restore(owned, tmp_path):
    work(owned.owner)
    cluster, name = owned.cluster, owned.name + "_restored"
    cluster.create_database(name)
    try:
        cluster.run("pg_dump", "-Fc", "-f", tmp_path / "dump", owned.name)
        cluster.run("pg_restore", "--exit-on-error", "-d", name, tmp_path / "dump")
        uses(lambda role: owned.connect(role, name))
        with owned.connect(OWNER, name) as owner:
            assert [row["check_name"] for row in failed_checks(owner)] == []
            assert value(owner, "SELECT pipeline_setup()") > 0
    finally:
        cluster.drop_database(name)


def test_after_an_update_the_rights_have_to_be_given_again(owned):
    """A new function is nobody's until it is granted: the setup says so instead of failing in the middle."""
    owned.superuser.execute("BEGIN")
    owned.superuser.execute(
        "CREATE FUNCTION pipeline_internal.new_one() RETURNS void LANGUAGE sql VOLATILE AS 'SELECT'"
    )
    owned.superuser.execute("ALTER EXTENSION pipeline_forecast ADD FUNCTION pipeline_internal.new_one()")
    owned.superuser.execute("SELECT pipeline_internal.revoke_writing_from_public()")
    owned.superuser.execute("COMMIT")
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as raised:
        owned.owner.execute("SELECT pipeline_setup()")
    assert raised.value.diag.message_primary == f'role "{OWNER}" may not set up the pipeline tables'
    assert "new_one()" in raised.value.diag.message_detail
    assert "grant_pipeline_owner" in raised.value.diag.message_hint
    owned.superuser.execute("SELECT grant_pipeline_owner(%s)", [OWNER])
    owned.owner.execute("SELECT pipeline_setup()")


def test_dropping_the_extension_leaves_the_owner_everything(owned):
    work(owned.owner)
    owned.superuser.execute("DROP EXTENSION pipeline_forecast CASCADE")
    assert value(owned.owner, "SELECT count(*) FROM pipeline.projects") == 201
    owned.superuser.execute("CREATE EXTENSION pipeline_forecast")
    owned.superuser.execute("SELECT pipeline.grant_pipeline_owner(%s)", [OWNER])
    assert value(owned.owner, "SELECT pipeline.pipeline_setup()") > 0
    uses(owned.connect)


LOOK_ALIKE = """
    CREATE FUNCTION pipeline.{signature} RETURNS {result} LANGUAGE plpgsql AS
    $$ BEGIN EXECUTE 'ALTER ROLE {owner} SUPERUSER'; RETURN {value}; END $$
"""


@pytest.mark.parametrize(
    ("signature", "result", "returned"),
    [
        ("require_writable(action text)", "void", ""),
        ("require_role(role text)", "void", ""),
        ("format(a text, b text)", "text", "'SELECT 1'"),
        ("format(a text, b regprocedure)", "text", "'SELECT 1'"),
        ("object_address(a text, OUT classid oid, OUT objid oid)", "record", ""),
    ],
)
def test_the_owner_takes_no_rights_of_the_superuser(owned, signature, result, returned):
    """It may create in schema pipeline, so what a superuser runs there does not look into it."""
    owned.owner.execute(LOOK_ALIKE.format(signature=signature, result=result, value=returned, owner=OWNER))
    owned.superuser.execute("SELECT pipeline.grant_pipeline_owner(%s)", [OWNER])
    # What the script of an update runs, with something to do for each of them.
    owned.superuser.execute("GRANT EXECUTE ON FUNCTION pipeline.pipeline_setup(interval) TO PUBLIC")
    owned.superuser.execute("SELECT pipeline_internal.drop_objects(ARRAY['view pipeline.gone'], ARRAY['view pipeline.other'])")
    owned.superuser.execute("SELECT pipeline_internal.revoke_writing_from_public()")
    assert not value(owned.superuser, "SELECT rolsuper FROM pg_roles WHERE rolname = %s", [OWNER])


def test_a_superuser_adds_nothing_of_its_own_to_the_owners_tables(owned):
    """A function that runs with the rights of its owner would lend out a superuser's."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as raised:
        owned.superuser.execute("SELECT pipeline.pipeline_setup()")
    assert raised.value.diag.message_hint == f"Call pipeline_setup() as their owner: SET ROLE {OWNER}."
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as raised:
        owned.superuser.execute("SELECT pipeline.grant_pipeline_owner(%s)", [roles.POLLER])
    assert raised.value.diag.message_primary == f'the pipeline tables belong to role "{OWNER}" already'
