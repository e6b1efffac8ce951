"""What scored runs say: findings, a report, a comparison and its verdict, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalcore.api.scores import score

if TYPE_CHECKING:
    from evalcore.analysis import Comparison, Findings, ScoredRun, Verdict
    from evalcore.deciding import Decision
    from evalcore.store import RunRecord


def findings(scored: ScoredRun) -> Findings:
    """What the accuracy of a run hides, in sentences, the most important first.

    The baselines `majority` and `tfidf` are compared with it, if they were run on the same sample.

    Example:
        >>> import evalcore
        >>> [finding.kind for finding in evalcore.findings(evalcore.score(evalcore.run("majority", n=80)))][:2]
        ['collapse', 'over_predicted']
    """
    from evalcore.output import findings_of

    return findings_of(scored.answers.store, scored)


def report(scored: ScoredRun) -> str:
    """The scores of a run with their intervals, and its findings, as text."""
    from evalcore.output import findings_of, report_as_text, sure_of

    sure = sure_of(scored)
    return report_as_text(scored, findings_of(scored.answers.store, scored, lambda _: sure), sure=sure)


def compare(a: ScoredRun, b: ScoredRun) -> Comparison:
    """Compare two runs on the examples that both have answered.

    Example:
        >>> import evalcore
        >>> a, b = (evalcore.score(evalcore.run(model, n=80)) for model in ("majority", "tfidf"))
        >>> comparison = evalcore.compare(a, b)
        >>> comparison.n, comparison.p < 0.001
        (80, True)

    Args:
        a, b: of the same labels, under the same scoring.

    Returns:
        with the difference and its interval, the p-value, the examples fixed and broken, and each metric of both.

    Raises:
        SpecError: if the labels or the scorings differ, or no example is common to both.
    """
    from evalcore.analysis import compare

    return compare(a, b)


def verdict(comparison: Comparison) -> Verdict:
    """Whether B is better than A, in one sentence with its figures."""
    from evalcore.analysis import verdict

    return verdict(comparison)


def decide(
    run: ScoredRun | RunRecord | str,
    *,
    beside: ScoredRun | RunRecord | str | None = None,
    only: Sequence[str] = (),
    cache: str | Path | None = None,
    **asked: Any,
) -> Decision:
    """What to do with a run: how much to check, what mistakes cost, other traffic, the label list, which run to take.

    A question that the run cannot answer is there with the reason. docs/deciding.md says what each figure is.

    Example:
        >>> import evalcore
        >>> decision = evalcore.decide(evalcore.run("tfidf", n=80), only=["costs"], costs={("*", "*"): 2.5}, unit="EUR")
        >>> [one.question for one in decision.questions]
        ['What do mistakes cost?']

    Args:
        run: a scored run, such as of arrays; or a stored run, or its id.
        beside: another one, B; both are compared on the examples that both have answered.
        only: questions: `review`, `costs`, `traffic`, `label_list`, `frontier`; all of them when empty.
        cache: the folder that stored runs are in.
        asked: what is asked, by the fields of `evalcore.deciding`'s `ReviewAsked`, `CostsAsked` and so on: `target`,
            a share or percent; `actions`, `costs`, `mix`, `predicted_counts`, `hierarchy`: a file's path, a frame with
            the file's columns, or a mapping or series by label (costs by pairs of actual and predicted); `merge`: old
            labels by new names, or `"LABEL,LABEL=NEW"`.

    Returns:
        with one entry for each question in `questions`; `decision["review"]` is an answer, with its `sentences`,
        `as_json()` and `tables()`.

    Raises:
        SpecError: if there is no such question or field, or a change of the label list does not fit.
        DataError: if a table cannot be read, or names what is not there.
    """
    from evalcore.analysis import ScoredRun
    from evalcore.deciding import asked_in_python
    from evalcore.deciding import decide as answer

    scored, other = (
        one if one is None or isinstance(one, ScoredRun) else score(one, cache=cache) for one in (run, beside)
    )
    assert scored is not None
    return answer(scored.answers.store, scored, other, asked_in_python(asked, scored.labels), only=only)
