import ast
from pathlib import Path

from domain.refusal import Refusal
from ops.api_problems import EDGE, mishaps, table

HOUSE = Path(__file__).parents[2]


def codes_raised():
    """Return the codes written in the APIs: a problem's second word, or an exception's extra."""
    for room in ("write_api", "read_api"):
        for path in (HOUSE / room).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "Declined":
                    yield ast.literal_eval(node.args[1])
                if isinstance(node, ast.Dict) and [ast.unparse(k) for k in node.keys if k] == [
                    "'code'"
                ]:
                    yield ast.literal_eval(node.values[0])


def test_every_code_the_edge_answers_is_in_the_catalogue():
    raised = set(codes_raised())

    assert raised
    assert raised <= {mishap.code for mishap in mishaps()}


def test_no_code_means_two_things():
    assert not {mishap.code for mishap in EDGE} & set(Refusal.registry)


def test_the_catalogue_on_paper_is_the_one_in_the_code():
    assert table() in (HOUSE / "ops/errors.md").read_text()


async def test_a_problems_type_leads_to_its_row(stranger, ana):
    problem = (await ana.get("/v1/campaigns/none")).json()
    page, _, row = problem["type"].partition("#")
    shown = await stranger.get(page)

    assert shown.status_code == 200
    assert f'id="{row}"' in shown.text
