"""A scored run -> what to do with it: how much to check, what mistakes cost, your traffic, your label list, which run.

Every answer is computed from what is stored; no model is called. Each question has one module, with what is asked
(`ReviewAsked`, ...), the answer for one run, and the answer for two runs on the same examples.
"""

from evalcore.deciding.answer import Answer, Rows
from evalcore.deciding.asked import LONGEST_TEXT, asked_of_query, query_of_asked
from evalcore.deciding.costs import CostsAsked
from evalcore.deciding.frontier import FrontierAsked
from evalcore.deciding.label_list import LabelListAsked
from evalcore.deciding.review import ReviewAsked
from evalcore.deciding.traffic import Traffic, traffic
from evalcore.deciding.traffic_compared import ComparedTraffic, compared_traffic
from evalcore.deciding.traffic_mix import TrafficAsked
from evalcore.deciding.typed_rows import columns_of, read_rows

__all__ = [
    "LONGEST_TEXT",
    "Answer",
    "ComparedTraffic",
    "CostsAsked",
    "FrontierAsked",
    "LabelListAsked",
    "ReviewAsked",
    "Rows",
    "Traffic",
    "TrafficAsked",
    "asked_of_query",
    "columns_of",
    "compared_traffic",
    "query_of_asked",
    "read_rows",
    "traffic",
]
