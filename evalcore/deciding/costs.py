"""What do mistakes cost? Labels that lead to the same action, the cost of each confusion, and the cheapest answers."""

from __future__ import annotations

from dataclasses import dataclass

from evalcore.deciding.asked import number


@dataclass(frozen=True)
class CostsAsked:
    """What is asked.

    Attributes:
        actions: CSV with the columns `label` and `action`; empty if each label is an action of its own.
        costs: CSV with the columns `true`, `predicted` and `cost`; empty: every wrong action costs 1.
        review_cost: of one text that a person answers; 0 if nobody does.
        unit: of the costs, such as EUR; empty for none.
    """

    actions: str = ""
    costs: str = ""
    review_cost: float = number(0.0, 0, 1e9)
    unit: str = ""
