"""Log-probabilities of all labels against plain teacher forcing, and what a run makes of them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from evalcore.analysis import label_probabilities, score_run  # noqa: E402
from evalcore.predictors.engines.label_likelihood import ForwardScorer, TrieScorer  # noqa: E402
from evalcore.predictors.engines.packed import PackedModel  # noqa: E402
from evalcore.running.run import execute  # noqa: E402
from evalcore.store.database import Store  # noqa: E402
from evalcore.store.spec import RunSpec  # noqa: E402
from evalcore.tasks import TaskSource, draw_sample, load_task  # noqa: E402
from evalcore.tasks.prompt import BUILT_IN, Renderer  # noqa: E402
from tests.predictors.test_local import loaded  # noqa: E402, F401
from tests.tools.tiny import END, PACKABLE, prompts, tiny_model  # noqa: E402

ANSWERS = [[11, END], [11, 12, END], [11, 12, 13, END], [14, 15, 16, 17, 18, END], [19, 11, 12, END], [20, END]]
"""Some begin others."""


def plain(model, prompt, answer):
    """The log-probability of an answer as one would write it down."""
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
    return sum(float(logits[len(prompt) - 1 + at, token]) for at, token in enumerate(answer))


@pytest.mark.parametrize("kind", sorted(PACKABLE))
def test_one_pass_gives_what_plain_teacher_forcing_gives(kind):
    model, asked = tiny_model(kind, **PACKABLE[kind]), prompts(5)
    expected = np.array([[plain(model, prompt, answer) for answer in ANSWERS] for prompt in asked])
    packed = PackedModel(model)
    np.testing.assert_allclose(TrieScorer(packed, ANSWERS).score(asked), expected, atol=1e-4)
    assert packed.work.passes == 2  # the prefix, and everything else
    for at_once in (1, 4):
        np.testing.assert_allclose(ForwardScorer(model, ANSWERS, at_once=at_once).score(asked), expected, atol=1e-4)


def test_answers_that_are_all_there_is_have_probabilities_that_sum_to_one():
    """Single tokens, one for each entry of the vocabulary."""
    model, asked = tiny_model("qwen2"), prompts(3)
    scored = np.array(TrieScorer(PackedModel(model), [[token] for token in range(512)]).score(asked))
    np.testing.assert_allclose(np.exp(scored).sum(axis=1), 1, atol=1e-5)


def test_the_order_of_answers_and_prompts_does_not_matter():
    model, asked = tiny_model("qwen2"), prompts(6)
    scored = np.array(TrieScorer(PackedModel(model), ANSWERS).score(asked))
    turned = np.array(TrieScorer(PackedModel(model), ANSWERS[::-1]).score(asked[::-1]))
    np.testing.assert_allclose(turned[::-1, ::-1], scored, atol=1e-5)


@pytest.mark.parametrize("prompt", sorted(BUILT_IN))
def test_every_engine_chooses_alike(loaded, prompt):  # noqa: F811
    task = load_task(TaskSource("demo"))
    renderer = Renderer(task, BUILT_IN[prompt])
    asked = [renderer.messages(example.text) for example in draw_sample(task, 6, "stratified")]
    by_engine = []
    for engine in ("fast", "batched", "loop"):
        model = loaded(answers=renderer.answers, engine=engine, decoding="choose")
        model.prepare(asked, renderer.answers, {})
        by_engine.append(model.predict(asked))
    for others in by_engine[1:]:
        assert [c.text for c in others] == [c.text for c in by_engine[0]]
        for one, other in zip(by_engine[0], others, strict=True):
            np.testing.assert_allclose(one.logprobs, other.logprobs, atol=1e-4)
    assert all(c.stop == "chosen" and len(c.logprobs) == len(task.labels) for c in by_engine[0])


def test_a_run_that_chooses_is_never_unparsed_and_keeps_every_probability(tmp_path):
    store = Store(tmp_path / "cache")
    outcome = execute(RunSpec(n=12, decoding="choose"), store)
    scored = score_run(store, outcome.record.run_id)
    assert scored.scores.unparsed == 0
    found = label_probabilities(scored)
    assert found is not None
    shares = found.of_rows(slice(None))
    for row, answer in enumerate(scored.answers):
        assert scored.labels[int(shares[row].argmax())] == answer.predicted
        assert found.margin[row] > 0
        assert shares[row].sum() == pytest.approx(1)
        assert found.mass[row] == pytest.approx(np.exp(answer.completion.logprobs.astype(float)).sum(), abs=1e-6)
        logprobs = answer.completion.logprobs
        assert outcome.record.label_order[int(np.argmax(logprobs))] == answer.predicted
        assert 0 < np.exp(logprobs.astype(float)).sum() <= 1 + 1e-4


def test_the_mean_per_token_is_another_choice_under_another_key(tmp_path):
    store = Store(tmp_path / "cache")
    by_sum = execute(RunSpec(n=12, decoding="choose"), store).record
    by_mean = execute(RunSpec(n=12, decoding="choose-mean"), store).record
    assert by_sum.run_id != by_mean.run_id
    sums = [a.completion.label_logprobs for a in score_run(store, by_sum.run_id).answers]
    assert sums == [a.completion.label_logprobs for a in score_run(store, by_mean.run_id).answers]


def test_other_labels_are_another_choice(tmp_path):
    """Two tasks whose prompts do not name their labels: what there is to choose from is part of the key."""
    from evalcore.running.plan import plan_run
    from evalcore.tasks.task import Example
    from tests.conftest import write_csv

    store = Store(tmp_path / "cache")
    keys = []
    for other in ("beta", "gamma"):
        rows = [Example("hello there", "alpha"), Example("good bye", other)]
        path = write_csv(tmp_path / other / "test.csv", rows)
        spec = RunSpec(TaskSource(str(path)), prompt="bare", n=1, sample="first", decoding="choose")
        keys.append(plan_run(spec, store).keys)
    assert keys[0] != keys[1]
