"""Completion -> label, and how it matched. Never a guess: two labels, or none, is unparsed.

Imports nothing of ours: that it is right is what the product rests on.
"""

from evalcore.parse.matching import (
    ACCEPTED,
    MATCHES,
    PARSER_VERSION,
    LabelParser,
    Match,
    Parsed,
    Scoring,
    collisions,
    normal_form,
)

__all__ = [
    "ACCEPTED",
    "MATCHES",
    "PARSER_VERSION",
    "LabelParser",
    "Match",
    "Parsed",
    "Scoring",
    "collisions",
    "normal_form",
]
