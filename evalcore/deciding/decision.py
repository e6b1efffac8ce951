"""All questions at once: what is asked of a run, or of two of them, and each answer, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar

from evalcore.analysis import LabelProbabilities, ScoredRun, label_probabilities, score_run
from evalcore.analysis.pairing import shared_examples
from evalcore.deciding.answer import Answer
from evalcore.deciding.asked import Asked
from evalcore.deciding.compared_costs import compared_costs
from evalcore.deciding.cost_table import CostsAsked
from evalcore.deciding.costs import costs
from evalcore.deciding.decision_asked import QUESTIONS, TABLE_FIELDS, DecisionAsked
from evalcore.deciding.frontier import FrontierAnswer, frontier
from evalcore.deciding.frontier_found import FrontierAsked
from evalcore.deciding.label_list import compared_label_list, label_list
from evalcore.deciding.review import Review, review
from evalcore.deciding.review_compared import ComparedReview, compared_review
from evalcore.deciding.traffic import traffic
from evalcore.deciding.traffic_compared import compared_traffic
from evalcore.errors import BlindspotError, SpecError
from evalcore.notebook import Shown
from evalcore.store import Store

DECISION_FORMAT, DECISION_VERSION = "blindspot-decision", 1

T = TypeVar("T")


class AnswerOf(Protocol):
    """Makes the answer to a question of one run, or of two that are compared; or takes one that is kept."""

    def __call__(
        self, runs: Sequence[ScoredRun], question: Callable[..., T], asked: Any, others: Sequence[ScoredRun] = ()
    ) -> T: ...


FrontierOf: TypeAlias = Callable[[ScoredRun, FrontierAsked, CostsAsked], FrontierAnswer]
"""Makes the answer to the last question, which is of all runs on a task; or takes one that is kept."""


@dataclass(frozen=True)
class Decided:
    """One question, and what came of it.

    Attributes:
        name: of `QUESTIONS`.
        answer: None if there is none.
        why_not: the reason, with what to do; empty if there is an answer.
    """

    name: str
    answer: Answer | None
    why_not: str = ""

    @property
    def question(self) -> str:
        """The question in words."""
        return QUESTIONS[self.name]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words, the first of them the answer; or the reason why there is none."""
        return (self.why_not,) if self.answer is None else tuple(self.answer.sentences)


@dataclass(frozen=True, repr=False)
class Decision(Shown):
    """The questions that were asked of one run, or of two on the examples that both have answered.

    Attributes:
        beside: the run that it is compared with; None if it is looked at alone.
        asked: what the answers rest on.
        questions: those that were asked, in the order of `QUESTIONS`.
    """

    scored: ScoredRun
    beside: ScoredRun | None
    asked: DecisionAsked
    questions: tuple[Decided, ...]

    def __getitem__(self, name: str) -> Answer:
        """The answer to one question.

        Raises:
            SpecError: if it was not asked, or has no answer; it says why.
        """
        for one in self.questions:
            if one.name == name:
                if one.answer is None:
                    raise SpecError(one.why_not, where=one.question)
                return one.answer
        asked = ", ".join(one.name for one in self.questions)
        raise SpecError(f"the question {name!r} was not asked.", do=f"Choose one of {asked}.")

    @property
    def promises_target(self) -> bool:
        """Whether the target of the first question was asked for and is verified; of two runs, for both."""
        answers = [one.answer for one in self.questions if one.name == "review"]
        found = next(iter(answers), None)
        if isinstance(found, ComparedReview):
            return found.a.verified and found.b.verified
        return isinstance(found, Review) and found.verified

    def as_json(self) -> dict[str, Any]:
        """Plain data: what was asked, each answer with its sentences. NaN is not taken out."""
        return {
            "format": DECISION_FORMAT,
            "version": DECISION_VERSION,
            "run": self.scored.record.run_id,
            "beside": self.beside.record.run_id if self.beside else None,
            "scoring": self.scored.scoring,
            "n": self.scored.scores.n,
            "asked": asdict(self.asked),
            "questions": {
                one.name: {
                    "question": one.question,
                    "sentences": list(one.sentences) if one.answer else [],
                    "why_not": one.why_not or None,
                    "answer": one.answer.as_json() if one.answer else None,
                }
                for one in self.questions
            },
        }


class _Answers:
    """Makes answers; of each run the probabilities are read once."""

    def __init__(self) -> None:
        self._kept: dict[int, LabelProbabilities | None] = {}

    def __call__(
        self, runs: Sequence[ScoredRun], question: Callable[..., T], asked: Any, others: Sequence[ScoredRun] = ()
    ) -> T:
        for one in runs:
            if id(one) not in self._kept:
                self._kept[id(one)] = label_probabilities(one)
        each = [part for one in runs for part in (one, self._kept[id(one)])]
        return question(*each, asked, *([others] if others else []))


def decide(
    store: Store,
    scored: ScoredRun,
    beside: ScoredRun | None = None,
    asked: DecisionAsked | None = None,
    *,
    only: Collection[str] = (),
    answer_of: AnswerOf | None = None,
    frontier_of: FrontierOf | None = None,
) -> Decision:
    """Answer the questions; no model is called.

    A question that these runs cannot answer is there with the reason. A table that cannot be read, or names what is not
    there, is the person's to mend.

    Args:
        store: where the run and others on its task are kept.
        beside: another run, B; both are then compared on the examples that both have answered.
        only: names of `QUESTIONS`; all of them when empty.
        answer_of, frontier_of: other ways to the answers, such as to those that are kept.

    Raises:
        DataError, SpecError: if a table or a change of the label list is wrong, there is no such question, or the two
            runs have no example in common.
    """
    asked = asked or DecisionAsked()
    if unknown := [name for name in only if name not in QUESTIONS]:
        raise SpecError(f"there is no question {unknown[0]!r}.", do=f"Choose among {', '.join(QUESTIONS)}.")
    if beside is not None:
        shared_examples(scored, beside)
    names = [name for name in QUESTIONS if not only or name in only]
    asked = asked.about(names)
    makers = _makers(scored, beside, asked, answer_of or _Answers(), frontier_of or partial(frontier, store))
    questions = tuple(_decided(name, asked, makers[name]) for name in names)
    return Decision(scored, beside, asked, questions)


def _decided(name: str, asked: DecisionAsked, make: Callable[[], Answer]) -> Decided:
    try:
        return Decided(name, make())
    except BlindspotError as error:
        if _typed(asked.of(name)) or (name == "frontier" and _typed(asked.costs)):
            raise
        return Decided(name, None, str(error))


def _typed(asked: Asked) -> bool:
    """Whether a person gave a table or a change of the label list."""
    return any(getattr(asked, name, "") for name in (*TABLE_FIELDS, "merge"))


def _makers(
    scored: ScoredRun,
    beside: ScoredRun | None,
    asked: DecisionAsked,
    answer_of: AnswerOf,
    frontier_of: FrontierOf,
) -> dict[str, Callable[[], Answer]]:
    """What makes each answer, of one run or of two."""

    def which_run() -> Answer:
        return frontier_of(scored, asked.frontier, asked.costs)

    def how_much(runs: Sequence[ScoredRun], question: Callable[..., Answer]) -> Answer:
        agreeing = [score_run(scored.answers.store, run_id, scored.scoring) for run_id in asked.review.agreeing_ids]
        return answer_of(runs, question, asked.review, agreeing)

    if beside is None:
        one = [scored]
        return {
            "review": lambda: how_much(one, review),
            "costs": lambda: answer_of(one, costs, asked.costs),
            "traffic": lambda: answer_of(one, traffic, asked.traffic),
            "label_list": lambda: answer_of(one, label_list, asked.label_list),
            "frontier": which_run,
        }
    both = [scored, beside]
    return {
        "review": lambda: how_much(both, compared_review),
        "costs": lambda: answer_of(both, compared_costs, asked.costs),
        "traffic": lambda: answer_of(both, compared_traffic, asked.traffic),
        "label_list": lambda: answer_of(both, compared_label_list, asked.label_list),
        "frontier": which_run,
    }
