"""Wrong answers that are worth reading: the surest ones, since the label itself may be wrong, and the nearest misses."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import CONFIDENT, Filter, LabelProbabilities, ScoredRun, near_misses, why_not_all_labels
from evalcore.wording import counted, figure, percent
from pages.parts.confidence import shown
from pages.parts.explore.example_table import example_list, opened_or_hint
from pages.parts.shell.beside import HEIGHT, beside
from pages.parts.shell.cached import once, probabilities_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import link_to
from pages.parts.shell.markdown import escape_markdown
