"""What the answers of stored runs took, and which samples hold the same examples: sums that SQLite makes."""

from __future__ import annotations

from dataclasses import dataclass

from evalcore.store.database import Store

_SHARED = (
    "SELECT count(*) FROM (SELECT text, label FROM sample_items WHERE sample_id = ? AND trim(text) <> ''"
    " INTERSECT SELECT text, label FROM sample_items WHERE sample_id = ?)"
)


@dataclass(frozen=True)
class MeasuredAnswers:
    """Sums over the answers of a run, each as it was when it was predicted, whichever run that was.

    Attributes:
        n: answers.
        latency_s: seconds; each answer has its share of its batch or, on a server, the time of its requests.
        prompt_tokens, generated_tokens: as they are stored with the answers.
    """

    n: int
    latency_s: float
    prompt_tokens: int
    generated_tokens: int


def measured_answers(store: Store, run_id: str) -> MeasuredAnswers:
    """What the answers of a run took."""
    with store.connect() as db:
        n, latency_ms, prompt, generated = db.execute(
            "SELECT count(*), sum(latency_ms), sum(prompt_tokens),"
            " sum(CASE WHEN json_valid(token_ids) THEN json_array_length(token_ids) ELSE 0 END)"
            " FROM run_items i JOIN completions c ON c.key = i.key WHERE i.run_id = ?",
            (run_id,),
        ).fetchone()
    return MeasuredAnswers(int(n), float(latency_ms or 0.0) / 1000, int(prompt or 0), int(generated or 0))


def shared_texts(store: Store, sample_id: str, others: list[str]) -> dict[str, int]:
    """How many of a sample's different examples, by text and true label, each other sample holds too; blank texts, of
    which nobody knows whether they are the same, are left out."""
    with store.connect() as db:
        return {other: int(db.execute(_SHARED, (sample_id, other)).fetchone()[0]) for other in others}
