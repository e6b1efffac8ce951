"""The probability of every label, from the spec of a run to what a page is given, against plain teacher forcing.

The plain computation shares nothing with the program but the words of the prompt: transformers' own model, tokenizer
and chat template, and for every label one forward pass over prompt, label and end token.
"""

import json
import shutil

import numpy as np
import pytest
from scipy.special import softmax

torch = pytest.importorskip("torch")

from evalcore.analysis.label_probabilities import label_probabilities, ranking_of  # noqa: E402
from evalcore.analysis.label_ranking import favoured_by_prior, rankings  # noqa: E402
from evalcore.analysis.scored_run import score_run  # noqa: E402
from evalcore.paths import DEMO_MODELS  # noqa: E402
from evalcore.running.run import execute  # noqa: E402
from evalcore.store.database import Store  # noqa: E402
from evalcore.store.spec import CHOOSING, RunSpec  # noqa: E402
from evalcore.tasks import TaskSource, load_task  # noqa: E402
from evalcore.tasks.prompt import BUILT_IN, Renderer  # noqa: E402
from tests.conftest import BANKING77, QWEN2_TOKENIZER, needs_banking77, needs_qwen2_tokenizer, write_csv  # noqa: E402

TOLERANCE = 1e-4
BEGINNINGS = ("card", "exchange", "top_up", "card_payment", "pending", "exchange_rate_2", "card_arrival_estimate")
"""Labels whose tokens begin one of Banking77's, or the other way round; no two of the 77 are such a pair."""


def plainly(folder, chats, answers):
    """Log-probabilities of the answers after each chat; shape (n_chats, n_answers), and the answers' lengths."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    rows = []
    for chat in chats:
        text = tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True)
        prompt = tokenizer(text, add_special_tokens=False)["input_ids"]
        row = []
        for answer in answers:
            own = [*tokenizer(answer, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
            with torch.inference_mode():
                logits = model(torch.tensor([prompt + own]), logits_to_keep=len(own) + 1).logits[0].double()
            logprobs = logits.log_softmax(-1)
            row.append(sum(float(logprobs[at, token]) for at, token in enumerate(own)))
        rows.append(row)
    lengths = [len(tokenizer(answer, add_special_tokens=False)["input_ids"]) + 1 for answer in answers]
    return np.array(rows), np.array(lengths)


def holds(folder, task, prompt, tmp_path, n):
    """Run each choosing decoding on the first examples of a task, and compare all that is shown of its labels."""
    renderer = Renderer(load_task(task), BUILT_IN[prompt])
    of_label = dict(zip(renderer.labels, renderer.answers, strict=True))
    store = Store(tmp_path / "cache")
    expected = None
    for decoding, score in CHOOSING.items():
        spec = RunSpec(task, str(folder), prompt, n, "first", decoding=decoding, dtype="float32")
        record = execute(spec, store).record
        scored = score_run(store, record.run_id)
        probabilities = label_probabilities(scored)
        if expected is None:
            answers = [of_label[label] for label in scored.labels]
            texts = [answer.example.text for answer in scored.answers]
            expected, lengths = plainly(folder, [renderer.messages(text) for text in (*texts, "N/A", "")], answers)
            prior = softmax(expected[n:], axis=1).mean(axis=0)
        scores = {
            "summed": expected[:n],
            "per-token": expected[:n] / lengths,
            "calibrated": np.log(softmax(expected[:n], axis=1) / prior),
        }
        shares = softmax(scores[score], axis=1)
        np.testing.assert_allclose(probabilities.logprobs, expected[:n], atol=TOLERANCE, rtol=0)
        np.testing.assert_allclose(probabilities.of_rows(slice(None)), shares, atol=TOLERANCE, rtol=0)
        assert scored.y_pred.tolist() == shares.argmax(axis=1).tolist()
        np.testing.assert_allclose(probabilities.confidence, shares.max(axis=1), atol=TOLERANCE, rtol=0)
        labels, favoured = favoured_by_prior(record)
        np.testing.assert_allclose(favoured, -np.sort(-prior), atol=TOLERANCE, rtol=0)
        assert labels[0] == scored.labels[int(prior.argmax())]
        for ranking in rankings(probabilities):
            assert ranking.y_pred.tolist() == scores[ranking.score].argmax(axis=1).tolist()
            assert ranking.is_own is (ranking.score == score)
    return probabilities


@pytest.mark.parametrize(("prompt", "n"), [("article", 1), ("numbered", 1)])
def test_the_demo_models_probabilities_are_those_of_plain_teacher_forcing(tmp_path, prompt, n):
    """With `numbered`, answer 1 begins answers 10 to 19."""
    holds(DEMO_MODELS / "demo", TaskSource("demo"), prompt, tmp_path, n)


@needs_qwen2_tokenizer
@needs_banking77
def test_all_labels_of_banking77_have_them_with_the_tokenizer_of_qwen2(tmp_path):
    """A small Qwen2 with random weights; the labels and seven more, so that some labels begin others."""
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    folder = tmp_path / "model"
    shutil.copytree(QWEN2_TOKENIZER, folder)
    for file in folder.iterdir():
        file.chmod(0o600)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(3)
    config = Qwen2Config(
        vocab_size=151_936, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=True,
        bos_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:  # answers that differ: larger weights than a fresh model's
                parameter *= 20 if "embed" in name else 8
    model.save_pretrained(folder)

    labels = [*json.loads((BANKING77 / "categories.json").read_text()), *BEGINNINGS]
    ids = [tokenizer(label, add_special_tokens=False)["input_ids"] for label in labels]
    assert sum(a != b and b[: len(a)] == a for a in ids for b in ids) >= 20
    banking77 = load_task(TaskSource(str(BANKING77)))
    write_csv(tmp_path / "task" / "test.csv", [banking77.test[1500]])
    (tmp_path / "task" / "labels.json").write_text(json.dumps(labels))
    found = holds(folder, TaskSource(str(tmp_path / "task")), "article", tmp_path, 1)
    assert found.logprobs.shape == (1, 84)
    without_text = ranking_of(found.scored.record).content_free[""]
    assert np.abs(found.logprobs[0] - without_text).max() > 100 * TOLERANCE  # what is compared depends on the text
