"""A scored run -> what to do with it: how much to check, what mistakes cost, your traffic, your label list, which run.

Every answer is computed from what is stored; no model is called. Each question has one module, with what is asked
(`ReviewAsked`, ...), the answer for one run, and the answer for two runs on the same examples.
"""

from evalcore.deciding.answer import Answer, Rows
from evalcore.deciding.asked import LONGEST_TEXT, asked_of_query, query_of_asked
from evalcore.deciding.compared_costs import ComparedCosts, compared_costs
from evalcore.deciding.cost_table import ANY, NO_LABEL, CostsAsked, CostTable, cost_table
from evalcore.deciding.costs import Costs, costs
from evalcore.deciding.frontier import FrontierAnswer, FrontierAsked, FrontierRun, frontier, frontier_of
from evalcore.deciding.frontier_runs import AnsweringRuns, StoredAnswers, answering_runs, stored_answers
from evalcore.deciding.frontier_words import difference_words, effort_words, score_words
from evalcore.deciding.label_list import LabelListAsked
from evalcore.deciding.review import ReviewAsked
from evalcore.deciding.traffic import TrafficAsked
from evalcore.deciding.typed_rows import columns_of, read_rows

__all__ = [
    "ANY",
    "LONGEST_TEXT",
    "NO_LABEL",
    "Answer",
    "AnsweringRuns",
    "ComparedCosts",
    "CostTable",
    "Costs",
    "CostsAsked",
    "FrontierAnswer",
    "FrontierAsked",
    "FrontierRun",
    "LabelListAsked",
    "ReviewAsked",
    "Rows",
    "StoredAnswers",
    "TrafficAsked",
    "answering_runs",
    "asked_of_query",
    "columns_of",
    "compared_costs",
    "cost_table",
    "costs",
    "difference_words",
    "effort_words",
    "frontier",
    "frontier_of",
    "query_of_asked",
    "read_rows",
    "score_words",
    "stored_answers",
]
