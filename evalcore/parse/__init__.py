"""Completion -> label, and how it matched. Never a guess: two labels, or none, is unparsed.

Imports no other room, since all scores depend on it.
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
