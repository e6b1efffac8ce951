"""Attention with log-sum-exps: the private operator, public operations and a plain loop, against each other."""

import math

import pytest

torch = pytest.importorskip("torch")

from evalcore.predictors.engines import attention  # noqa: E402
from evalcore.predictors.engines.attention import attention_with_lse, with_public_operations  # noqa: E402
from evalcore.predictors.engines.fast import FastDecoder  # noqa: E402
from evalcore.predictors.engines.generate import GenerateDecoder  # noqa: E402
from evalcore.predictors.engines.label_likelihood import TrieScorer  # noqa: E402
from evalcore.predictors.engines.packed import PackedModel  # noqa: E402
from evalcore.predictors.engines.selection import choose_engine  # noqa: E402
from tests.tools.tiny import prompts, settings, tiny_model  # noqa: E402

SHAPES = [(1, 1, 1, 1, 8), (2, 3, 5, 7, 16), (1, 2, 64, 300, 64), (4, 2, 3, 33, 80)]
"""n, heads, queries, keys, size."""


def inputs(shape, *, masked, dtype=torch.float32, seed=0):
    n, heads, n_queries, n_keys, size = shape
    random = torch.Generator().manual_seed(seed)
    query, key, value = (
        torch.randn(n, heads, length, size, generator=random, dtype=torch.float64).to(dtype)
        for length in (n_queries, n_keys, n_keys)
    )
    mask = None
    if masked:
        hidden = torch.rand(n, 1, n_queries, n_keys, generator=random) < 0.5
        hidden[..., 0] = False
        mask = torch.zeros(hidden.shape, dtype=dtype).masked_fill_(hidden, -math.inf)
    return query, key, value, mask


def plain_loop(query, key, value, scale, mask):
    """One query after another, in Python numbers."""
    out, lse = torch.zeros(query.shape, dtype=torch.float64), torch.zeros(query.shape[:3], dtype=torch.float64)
    for row in range(query.shape[0]):
        for head in range(query.shape[1]):
            for at, one in enumerate(query[row, head].double()):
                scores = [float(one @ other) * scale for other in key[row, head].double()]
                if mask is not None:
                    scores = [score + float(more) for score, more in zip(scores, mask[row, 0, at], strict=True)]
                lse[row, head, at] = math.log(math.fsum(math.exp(score) for score in scores))
                shares = torch.tensor([math.exp(score - lse[row, head, at]) for score in scores], dtype=torch.float64)
                out[row, head, at] = shares @ value[row, head].double()
    return out, lse


def close(got, expected, tolerance):
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one.double(), other.double(), atol=tolerance, rtol=tolerance)


@pytest.fixture
def without_operator(monkeypatch):
    monkeypatch.setattr(attention, "_ON_CPU", "_no_such_operator")


def refusing(calls):
    def refuse(*tensors, **options):
        calls.append(options)
        raise RuntimeError("_scaled_dot_product_flash_attention_for_cpu: not this input")

    return refuse


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_private_operator_the_public_operations_and_a_plain_loop_agree(shape, masked):
    query, key, value, mask = inputs(shape, masked=masked)
    expected = plain_loop(query, key, value, 0.3, mask)
    close(attention_with_lse(query, key, value, scale=0.3, mask=mask), expected, 1e-5)
    close(with_public_operations(query, key, value, scale=0.3, mask=mask), expected, 1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_in_short_formats_they_agree_up_to_their_rounding(dtype):
    query, key, value, mask = inputs(SHAPES[1], masked=True, dtype=getattr(torch, dtype))
    private, public = (
        way(query, key, value, scale=0.3, mask=mask) for way in (attention_with_lse, with_public_operations)
    )
    close(private, public, 2e-2)
    assert public[0].dtype == public[1].dtype == private[1].dtype == torch.float32


def test_the_public_operations_keep_the_precision_of_wider_formats(without_operator):
    query, key, value, mask = inputs(SHAPES[1], masked=True, dtype=torch.float64)
    close(attention_with_lse(query, key, value, scale=0.3, mask=mask), plain_loop(query, key, value, 0.3, mask), 1e-13)


def test_this_versions_private_operator_is_there_and_is_used(monkeypatch):
    """Otherwise the fast engine would be slow, and nothing would say so."""
    monkeypatch.setattr(attention, "with_public_operations", None)
    query, key, value, mask = inputs(SHAPES[1], masked=True)
    attention_with_lse(query, key, value, scale=0.3, mask=mask)
    attention_with_lse(query, key, value, scale=0.3)


def test_an_operator_that_refuses_is_replaced(monkeypatch):
    calls = []
    monkeypatch.setattr(torch.ops.aten, attention._ON_CPU, refusing(calls))
    query, key, value, mask = inputs(SHAPES[1], masked=True)
    close(attention_with_lse(query, key, value, scale=0.3, mask=mask), plain_loop(query, key, value, 0.3, mask), 1e-5)
    assert len(calls) == 1


def test_running_out_of_memory_is_no_refusal(monkeypatch):
    """The caller halves its batch then; the public operations would need more."""

    def full(*tensors, **options):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(torch.ops.aten, attention._ON_CPU, full)
    query, key, value, _ = inputs(SHAPES[1], masked=False)
    with pytest.raises(RuntimeError, match="allocate memory"):
        attention_with_lse(query, key, value, scale=0.3)


@pytest.mark.parametrize("kind", ["qwen2", "llama"])
def test_without_the_private_operator_the_fast_engine_gives_the_same_tokens(without_operator, kind):
    model, how, asked = tiny_model(kind), settings(), prompts()
    expected = GenerateDecoder(model, how).decode(asked)
    decoder = FastDecoder(PackedModel(model), how)
    decoder.prepare(asked, expected[::2])
    assert decoder.decode(asked) == expected
    assert choose_engine("fast", model, how, 8).name == "fast"


def test_without_the_private_operator_labels_have_the_same_scores(monkeypatch):
    model, asked, answers = tiny_model("qwen2"), prompts(5), [[11, 12, 5], [11, 13, 5], [14, 5]]
    with_it = TrieScorer(PackedModel(model), answers).score(asked)
    monkeypatch.setattr(attention, "_ON_CPU", "_no_such_operator")
    without = TrieScorer(PackedModel(model), answers).score(asked)
    for one, other in zip(with_it, without, strict=True):
        torch.testing.assert_close(torch.tensor(one), torch.tensor(other), atol=1e-4, rtol=1e-5)


def test_private_operators_are_called_in_one_file_only():
    from tests.conftest import ROOT

    files = [path.name for path in (ROOT / "evalcore").rglob("*.py") if "torch.ops" in path.read_text()]
    assert files == ["attention.py"]
