"""A scored run -> what to do with it: how much to check, what mistakes cost, your traffic, your label list, which run.

Every answer is computed from what is stored; no model is called. Each question has one module, with what is asked
(`ReviewAsked`, ...), the answer for one run, and the answer for two runs on the same examples.
"""

from evalcore.deciding import label_list_edits
from evalcore.deciding.answer import Answer, Rows
from evalcore.deciding.asked import LONGEST_TEXT, asked_of_query, query_of_asked
from evalcore.deciding.costs import CostsAsked
from evalcore.deciding.frontier import FrontierAsked
from evalcore.deciding.label_hierarchy import LabelHierarchy, groups_by_name, hierarchy_text, read_hierarchy
from evalcore.deciding.label_list import WAYS, LabelListAsked, compared_label_list, label_list
from evalcore.deciding.label_list_answer import LabelListAnswer
from evalcore.deciding.label_list_compared import ComparedLabelList
from evalcore.deciding.merge_suggestions import MergeSuggestions, merge_suggestions
from evalcore.deciding.new_list import DOORS, NewListVerdict, run_with_new_list, spec_with_new_list, verdict
from evalcore.deciding.review import ReviewAsked
from evalcore.deciding.traffic import TrafficAsked
from evalcore.deciding.typed_rows import columns_of, read_rows

__all__ = [
    "DOORS",
    "LONGEST_TEXT",
    "WAYS",
    "Answer",
    "ComparedLabelList",
    "CostsAsked",
    "FrontierAsked",
    "LabelHierarchy",
    "LabelListAnswer",
    "LabelListAsked",
    "MergeSuggestions",
    "NewListVerdict",
    "ReviewAsked",
    "Rows",
    "TrafficAsked",
    "asked_of_query",
    "columns_of",
    "compared_label_list",
    "groups_by_name",
    "hierarchy_text",
    "label_list",
    "label_list_edits",
    "merge_suggestions",
    "query_of_asked",
    "read_hierarchy",
    "read_rows",
    "run_with_new_list",
    "spec_with_new_list",
    "verdict",
]
