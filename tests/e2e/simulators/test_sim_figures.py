"""What the simulator says should come out of its boards: links and figures, a second reading of the rules. (flows 4)"""

import pytest

from monday_client import HIDDEN, PARENT, SUBITEM


@pytest.fixture(scope="module")
def module_simulator(start_simulator):
    return start_simulator("monday", projects=0)


@pytest.fixture
def simulator(module_simulator):
    module_simulator.control("POST", "/reset", {"projects": 1, "clean": True})
    return module_simulator


def create(simulator, board, name, parent=None, **fields):
    body = {"board_id": board, "name": name, "fields": fields} | ({"parent_id": parent} if parent else {})
    return simulator.control("POST", "/items", body)["id"]


def derived(simulator):
    boards = simulator.control("GET", "/state?derived=1")["boards"]
    return {item["id"]: item for board in boards for item in board["items"]}


@pytest.fixture
def project(simulator):
    return create(simulator, PARENT, "17425", probability_percent="33")


def link(simulator, subitem):
    found = derived(simulator)[subitem]
    return found["hidden_id"], found["link_method"]


def test_links_by_relation_then_name_then_nearly_the_name(simulator, project):
    one, other = create(simulator, HIDDEN, "17425_25.01 - A"), create(simulator, HIDDEN, "17425_25.02 - B")
    spare = create(simulator, HIDDEN, "17425_25.04 - D")
    related = create(simulator, SUBITEM, "17425_25.04 - D", project, hidden_item_id={"item_ids": [other]})
    named = create(simulator, SUBITEM, "17425_25.01 - A", project)
    nearly = create(simulator, SUBITEM, " 17425_25.02  -  b", project)
    number = create(simulator, SUBITEM, "17425", project)
    blank = create(simulator, SUBITEM, " ", project)
    create(simulator, HIDDEN, " ")
    assert link(simulator, related) == (other, "relation")
    assert link(simulator, named) == (one, "exact_name")
    assert link(simulator, nearly) == (other, "normalized_name")
    assert link(simulator, number) == link(simulator, blank) == (None, "none")
    simulator.control("POST", f"/items/{other}/archive")
    assert link(simulator, related) == (spare, "exact_name") and link(simulator, nearly) == (None, "none")


def test_among_several_the_one_with_an_order_then_the_newest_then_the_lowest(simulator, project):
    first, second, third = [create(simulator, HIDDEN, "same") for _ in range(3)]
    subitem = create(simulator, SUBITEM, "same", project, hidden_item_id={"item_ids": [first, second, third]})
    for item, at in ((first, 1000), (second, 2000), (third, 2000)):
        simulator.control("PATCH", f"/items/{item}", {"updated_at": at})
    assert link(simulator, subitem)[0] == second
    simulator.control("PATCH", f"/items/{first}", {"fields": {"invoice_number": "INV-1"}, "updated_at": 1000})
    assert link(simulator, subitem)[0] == first


def test_a_name_links_only_what_alone_has_it(simulator, project):
    hidden, subitem = create(simulator, HIDDEN, "Quote 1"), create(simulator, SUBITEM, "Quote 1", project)
    assert link(simulator, subitem) == (hidden, "exact_name")
    second = create(simulator, SUBITEM, " quote  1", project)
    assert link(simulator, subitem) == link(simulator, second) == (None, "none")
    simulator.control("POST", f"/items/{second}/archive")
    assert link(simulator, subitem) == (hidden, "exact_name")
    create(simulator, HIDDEN, "QUOTE 1")
    assert link(simulator, subitem) == (None, "none")


def test_amounts_are_rounded_once_half_away_from_zero(simulator, project):
    values = {"material_value": "66.345", "transport_cost": "0", "area": "3"}
    hidden = create(simulator, HIDDEN, "q", **values)
    found = derived(simulator)[hidden]
    assert (found["quote_amount"], found["m2_rate"]) == ("66.35", "22.12")
    for margin, quote in (("10", "73.72"), ("100", None), ("250", "-44.23")):
        simulator.control("PATCH", f"/items/{hidden}", {"fields": {"tp_margin": margin}})
        assert derived(simulator)[hidden]["quote_amount"] == quote
    simulator.control("PATCH", f"/items/{hidden}", {"fields": {"transport_cost": None}})
    assert derived(simulator)[hidden]["quote_amount"] is None


def test_what_has_no_input_is_unknown(simulator, project):
    figures = derived(simulator)[project]["figures"]
    assert {field for field, value in figures.items() if value is not None} == set()


def test_a_project_rolls_up_its_active_subitems(simulator, project):
    common = {"transport_cost": "0", "account": {"labels": ["Acme"]}, "product_type": {"labels": ["Board A", "Membrane"]}}
    quotes = [
        ("a", {"material_value": "100", "reason_for_change": "New Enquiry", "status": "Quoted", "project_name": "Roof"}),
        ("b", {"material_value": "50.5", "reason_for_change": "Re-quote", "status": "Lost"}),
        ("c", {"material_value": "7", "reason_for_change": "New Enquiry", "status": "Open", "cust_order_value_material": "3.5"}),
    ]
    subitems = []
    for name, fields in quotes:
        create(simulator, HIDDEN, name, **common, **fields)
        subitems.append(create(simulator, SUBITEM, name, project))
    figures = derived(simulator)[project]["figures"]
    assert (figures["new_enquiry_value"], figures["project_value"], figures["total_order_value"]) == ("107.00", "107.00", "3.5")
    assert figures["weighted_pipeline"] == "35.31" and figures["total_amount_invoiced"] is None
    assert (figures["account"], figures["product_type"], figures["project_name"]) == ("Acme", "Board A, Membrane", "Roof")
    simulator.control("POST", f"/items/{subitems[0]}/delete")
    figures = derived(simulator)[project]["figures"]
    assert (figures["new_enquiry_value"], figures["weighted_pipeline"], figures["project_name"]) == ("7.00", "2.31", None)


def test_the_share_of_a_value_is_rounded_up(simulator, project):
    create(simulator, HIDDEN, "a", material_value="0.04", transport_cost="0")
    create(simulator, SUBITEM, "a", project)
    assert derived(simulator)[project]["figures"]["weighted_pipeline"] == "0.02"


@pytest.mark.parametrize(
    "designed, invoiced, days",
    [("2025-03-01", "2025-05-20", "80"), ("2025-03-01", None, "0"), (None, "2025-05-20", None), ("2025-05-20", "2025-03-01", "0")],
)
def test_gestation(simulator, project, designed, invoiced, days):
    create(simulator, HIDDEN, "a", date_design_completed=designed, invoice_date=invoiced)
    create(simulator, SUBITEM, "a", project)
    assert derived(simulator)[project]["figures"]["gestation_period"] == days
