"""A scored run -> what to do with it: how much to check, what mistakes cost, your traffic, your label list, which run.

Every answer is computed from what is stored; no model is called. Each question has one module, with what is asked
(`ReviewAsked`, ...), the answer for one run, and the answer for two runs on the same examples.
"""

from evalcore.deciding import label_list_edits
from evalcore.deciding.answer import Answer, Rows
from evalcore.deciding.asked import LONGEST_TEXT, asked_of_query, query_of_asked
from evalcore.deciding.compared_costs import ComparedCosts, compared_costs
from evalcore.deciding.cost_examples import example_actions, example_costs
from evalcore.deciding.cost_grid import CostGrid, cost_grid, with_costs
from evalcore.deciding.cost_table import ANY, NO_LABEL, CostsAsked, cost_table
from evalcore.deciding.costly_confusions import CostlyConfusion, answer_name, dearest_pairs
from evalcore.deciding.costs import Costs, costs
from evalcore.deciding.decision import Decided, Decision, decide
from evalcore.deciding.decision_asked import LOOKED_AT, QUESTIONS, TABLE_FIELDS, DecisionAsked
from evalcore.deciding.decision_views import decision_card, decision_line
from evalcore.deciding.frontier import FrontierAnswer, frontier, frontier_of
from evalcore.deciding.frontier_found import FrontierAsked, FrontierRun
from evalcore.deciding.frontier_runs import AnsweringRuns, StoredAnswers, answering_runs, stored_answers
from evalcore.deciding.frontier_words import difference_words, effort_words, score_words
from evalcore.deciding.given import asked_in_python, percent_of, read_table_file
from evalcore.deciding.label_hierarchy import groups_by_name, hierarchy_text, read_hierarchy
from evalcore.deciding.label_list import WAYS, LabelListAnswer, LabelListAsked, compared_label_list, label_list
from evalcore.deciding.label_list_compared import ComparedLabelList
from evalcore.deciding.merge_suggestions import MergeSuggestions, merge_suggestions
from evalcore.deciding.new_list import DOORS, NewListVerdict, run_with_new_list, spec_with_new_list, verdict
from evalcore.deciding.review import Review, review, review_of
from evalcore.deciding.review_compared import GROUPS, ComparedReview, compared_review
from evalcore.deciding.review_found import KINDS, ReviewAsked
from evalcore.deciding.review_signals import SIGNALS, Prepared, SignalScore, prepare
from evalcore.deciding.traffic import Traffic, traffic
from evalcore.deciding.traffic_compared import ComparedTraffic, compared_traffic
from evalcore.deciding.traffic_mix import TrafficAsked
from evalcore.deciding.typed_rows import columns_of, read_rows

__all__ = [
    "ANY",
    "DOORS",
    "GROUPS",
    "KINDS",
    "LONGEST_TEXT",
    "LOOKED_AT",
    "NO_LABEL",
    "QUESTIONS",
    "SIGNALS",
    "TABLE_FIELDS",
    "WAYS",
    "Answer",
    "AnsweringRuns",
    "ComparedCosts",
    "ComparedLabelList",
    "ComparedReview",
    "ComparedTraffic",
    "CostGrid",
    "CostlyConfusion",
    "Costs",
    "CostsAsked",
    "Decided",
    "Decision",
    "DecisionAsked",
    "FrontierAnswer",
    "FrontierAsked",
    "FrontierRun",
    "LabelListAnswer",
    "LabelListAsked",
    "MergeSuggestions",
    "NewListVerdict",
    "Prepared",
    "Review",
    "ReviewAsked",
    "Rows",
    "SignalScore",
    "StoredAnswers",
    "Traffic",
    "TrafficAsked",
    "answer_name",
    "answering_runs",
    "asked_in_python",
    "asked_of_query",
    "columns_of",
    "compared_costs",
    "compared_label_list",
    "compared_review",
    "compared_traffic",
    "cost_grid",
    "cost_table",
    "costs",
    "dearest_pairs",
    "decide",
    "decision_card",
    "decision_line",
    "difference_words",
    "effort_words",
    "example_actions",
    "example_costs",
    "frontier",
    "frontier_of",
    "groups_by_name",
    "hierarchy_text",
    "label_list",
    "label_list_edits",
    "merge_suggestions",
    "percent_of",
    "prepare",
    "query_of_asked",
    "read_hierarchy",
    "read_rows",
    "read_table_file",
    "review",
    "review_of",
    "run_with_new_list",
    "score_words",
    "spec_with_new_list",
    "stored_answers",
    "traffic",
    "verdict",
    "with_costs",
]
