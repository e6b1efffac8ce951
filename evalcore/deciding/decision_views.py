"""What a notebook shows of a decision; in one line, what a terminal shows."""

from __future__ import annotations

from evalcore.analysis import name_of
from evalcore.deciding.decision import Decision
from evalcore.notebook import card, card_of, line_of
from evalcore.wording import counted


@line_of.register
def decision_line(decision: Decision) -> str:
    """A decision in one line."""
    answers = counted(sum(one.answer is not None for one in decision.questions), "answer")
    return f"<Decision on {_runs(decision)}: {answers} to {counted(len(decision.questions), 'question')}>"


@card_of.register
def decision_card(decision: Decision) -> str:
    """A decision: each question with its answer."""
    rows = [(one.question, one.sentences[0], "") for one in decision.questions]
    note = f"n = {decision.scored.scores.n:,} · {decision.scored.scoring} scoring · decision['review'] has one answer"
    return card(f"{name_of(decision.scored.record)} · {_runs(decision)}", rows, note=note)


def _runs(decision: Decision) -> str:
    a = decision.scored.record.run_id
    return f"run {a}" if decision.beside is None else f"runs {a} (A) and {decision.beside.record.run_id} (B)"
