"""docs/lifecycle.md against the transition tables and the outcome table."""

import re
from collections.abc import Mapping

import pytest

from campanile.domain.lifecycle import CAMPAIGN, CONTACT, DELETABLE, SLOT, Outcome, Refusal, Transition
from campanile.domain.retry import MAX_CALLBACKS, Finished, RetryPolicy, decide
from tests.support.documents import blocks, codes, table, text

END = re.compile(r"^\s*(\w+) --> \[\*\]$", re.MULTILINE)
EDGE = re.compile(r"^\s*(\w+) --> (\w+) : (\w+)$", re.MULTILINE)
DIAGRAMS = dict(zip(("campaign", "contact", "slot"), blocks("docs/lifecycle.md", "mermaid"), strict=True))
MACHINES = {"campaign": CAMPAIGN, "contact": CONTACT, "slot": SLOT}


def _edges(machine: Mapping[str, Transition]) -> set[tuple[str, str, str]]:
    return {(str(source), str(edge.target), action) for action, edge in machine.items() for source in edge.sources}


@pytest.mark.parametrize("name", MACHINES)
def test_each_diagram_has_exactly_the_edges_of_its_transition_table(name: str) -> None:
    assert set(EDGE.findall(DIAGRAMS[name])) == _edges(MACHINES[name])


def test_the_diagram_of_a_contact_ends_where_one_may_be_deleted() -> None:
    assert set(END.findall(DIAGRAMS["contact"])) == set(DELETABLE)


@pytest.mark.parametrize("name", MACHINES)
def test_each_action_is_explained_with_its_actor(name: str) -> None:
    section = re.split(r"^## ", text("docs/lifecycle.md"), flags=re.MULTILINE)[1 + list(MACHINES).index(name)]
    explained = {
        action
        for line in section.splitlines()
        if re.match(r"- \*\*.*\((API|dialer|outcome recorder)\):", line)
        for action in re.findall(r"\*\*(\w+)\*\*", line)
    }
    assert explained == set(MACHINES[name])


SITUATIONS = {
    "": (0, False, False),
    "a number not yet tried": (0, True, True),
    "only tried numbers left": (0, False, True),
    "no valid number left": (0, False, False),
    f"fewer than {MAX_CALLBACKS} callbacks so far": (MAX_CALLBACKS - 1, False, True),
    f"after {MAX_CALLBACKS} callbacks": (MAX_CALLBACKS, False, True),
}
"""Callbacks had, next number untried, valid number left: by what the first cell says after the outcome."""

ROWS = [
    (Outcome(outcome), row[0].rpartition("`")[2].lstrip(", "), [cell.split(",")[0] for cell in row[1:]])
    for row in table("docs/lifecycle.md", "Outcome")
    for outcome in codes(row[0])
]
ALL = frozenset(Outcome)
COLUMNS = ((ALL, 1), (ALL, 3), (frozenset[Outcome](), 1))
"""`retry_outcomes` and calls had of a budget of three: listed with budget left, listed with none, not listed."""


@pytest.mark.parametrize(("outcome", "situation", "statuses"), ROWS)
def test_each_row_of_the_outcome_table_is_what_the_rule_decides(
    outcome: Outcome, situation: str, statuses: list[str]
) -> None:
    callbacks_used, next_number_untried, valid_number_left = SITUATIONS[situation]
    decided = []
    for listed, budget_used in COLUMNS:
        call = Finished(outcome, 0, budget_used, callbacks_used, next_number_untried, valid_number_left)
        decided.append(str(decide(call, RetryPolicy(retry_outcomes=listed)).status))
    assert decided == statuses


def test_the_outcome_table_has_every_outcome_and_every_situation_once() -> None:
    pairs = [(outcome, situation) for outcome, situation, _ in ROWS]
    assert len(set(pairs)) == len(pairs)
    assert {outcome for outcome, _ in pairs} == set(Outcome)
    assert {situation for _, situation in pairs} == set(SITUATIONS)


def test_every_refusal_is_named() -> None:
    assert set(Refusal) <= set(codes(text("docs/lifecycle.md")))
