"""The engines against the loop, token by token, on architectures with random weights."""

import random

import pytest

torch = pytest.importorskip("torch")

from evalcore.predictors.engines.fast import FastDecoder  # noqa: E402
from evalcore.predictors.engines.generate import CachedDecoder, GenerateDecoder  # noqa: E402
from evalcore.predictors.engines.packed import PackedModel  # noqa: E402
from evalcore.predictors.engines.selection import choose_engine  # noqa: E402
from tests.tools.tiny import END, OTHER_END, PACKABLE, REFUSED, prompts, settings, tiny_model  # noqa: E402


@pytest.fixture(scope="module")
def models():
    made = {}

    def get(kind, **changes):
        key = (kind, *sorted(changes.items()))
        if key not in made:
            made[key] = tiny_model(kind, **changes)
        return made[key]

    return get


def fast(model, how, answers=(), asked=None):
    decoder = FastDecoder(PackedModel(model), how)
    if asked is not None:
        decoder.prepare(asked, list(answers))
    return decoder


@pytest.mark.parametrize("kind", sorted(PACKABLE))
@pytest.mark.parametrize("penalty", [1.0, 1.2])
def test_fast_is_the_loop_token_by_token(models, kind, penalty):
    model, how, asked = models(kind, **PACKABLE[kind]), settings(repetition_penalty=penalty), prompts()
    expected = GenerateDecoder(model, how).decode(asked)
    assert len(set(map(tuple, expected))) > len(asked) / 4
    decoder = fast(model, how, expected[::2], asked)
    assert decoder.decode(asked) == expected
    assert choose_engine("fast", model, how, 8).name == "fast"


@pytest.mark.parametrize("kind", sorted(PACKABLE | {name: options for name, (options, _) in REFUSED.items()}))
def test_a_cached_prefix_is_the_loop_token_by_token(models, kind):
    options = PACKABLE[kind] if kind in PACKABLE else REFUSED[kind][0]
    model, how, asked = models(kind, **options), settings(repetition_penalty=1.2), prompts(12)
    expected = GenerateDecoder(model, how).decode(asked)
    assert CachedDecoder(model, how, at_once=5).decode(asked) == expected


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_what_fast_cannot_run_goes_to_the_next_engine_which_says_why(models, kind):
    options, reason = REFUSED[kind]
    model, how, asked = models(kind, **options), settings(), prompts(6)
    chosen = choose_engine("fast", model, how, 4)
    assert chosen.name.startswith("batched, prefix cached; not fast: ")
    assert reason in chosen.name
    assert chosen.decoder.decode(asked) == GenerateDecoder(model, how).decode(asked)


def test_a_window_that_the_prompts_do_not_fit_into_is_not_padded_in_the_middle(models):
    model, how, asked = models("mistral", sliding_window=16), settings(), prompts(8)
    expected = GenerateDecoder(model, how).decode(asked)
    assert CachedDecoder(model, how, at_once=8).decode(asked) == expected


def test_an_engine_that_answers_otherwise_is_not_trusted(models, monkeypatch):
    model = models("llama")
    wrong = FastDecoder.decode
    monkeypatch.setattr(FastDecoder, "decode", lambda self, asked: [ids[::-1] for ids in wrong(self, asked)])
    chosen = choose_engine("fast", model, settings(), 4)
    assert chosen.name.startswith("batched, prefix cached; not fast: it answers")


def test_an_engine_keeps_the_models_own_attention(models):
    model = models("qwen2")
    before = model.config._attn_implementation
    fast(model, settings()).decode(prompts(3))
    assert model.config._attn_implementation == before


@pytest.mark.parametrize("n", [1, 2, 17])
def test_the_number_of_prompts_does_not_matter(models, n):
    model, how, asked = models("qwen2"), settings(), prompts(17)[:n]
    assert fast(model, how).decode(asked) == GenerateDecoder(model, how).decode(asked)


@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_expected_answers_change_the_speed_and_nothing_else(models, penalty):
    """Right ones, ones that begin rightly and go on otherwise, and nonsense."""
    model, how, asked = models("qwen3", head_dim=16), settings(repetition_penalty=penalty), prompts()
    expected = GenerateDecoder(model, how).decode(asked)
    plain = fast(model, how, [], asked)
    assert plain.decode(asked) == expected
    led_astray = [[*ids[:3], 11, 12, 13, END] for ids in expected]
    for answers in (expected, led_astray, [*expected, *led_astray], [[11, 12, END], [11, 12, 13, END]]):
        decoder = fast(model, how, answers, asked)
        assert decoder.decode(asked) == expected
    drafting = fast(model, how, expected, asked)
    drafting.decode(asked)
    assert drafting.packed.work.passes < plain.packed.work.passes


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_completions_that_end_at_once_or_never_are_right(models, limit):
    model, asked = models("llama"), prompts()
    free = GenerateDecoder(model, settings(max_new_tokens=6)).decode(asked)
    ends = sorted({free[0][0], free[1][1]})
    how = settings(max_new_tokens=limit, eos_token_id=ends)
    expected = GenerateDecoder(model, how).decode(asked)
    assert any(len(ids) == 1 for ids in expected)
    assert any(len(ids) == limit and ids[-1] not in ends for ids in expected)
    assert fast(model, how, expected, asked).decode(asked) == expected
    assert CachedDecoder(model, how, at_once=7).decode(asked) == expected


def test_answers_that_begin_other_answers_are_told_apart(models):
    model, how, asked = models("qwen2"), settings(), prompts()
    expected = GenerateDecoder(model, how).decode(asked)
    beginnings = [[*ids[:length], END] for ids in expected for length in (1, 2, 4)]
    assert fast(model, how, [*expected, *beginnings], asked).decode(asked) == expected


def test_prompts_with_several_prefixes_share_each_of_them(models):
    model, how = models("qwen2"), settings()
    asked = [prompt for seed in range(3) for prompt in prompts(8, seed=seed)]
    random.Random(0).shuffle(asked)
    decoder = fast(model, how, [], asked)
    assert decoder.decode(asked) == GenerateDecoder(model, how).decode(asked)
    assert decoder.packed.work.tokens < 3 * 60 + 24 * (14 + 10)


def test_a_prompt_that_breaks_off_early_does_not_lengthen_the_others(models):
    """Three texts of Banking77 begin with a newline, which merges with the template's."""
    model, how = models("qwen2"), settings(max_new_tokens=1)
    asked = prompts(24)
    outlier = [*asked[0][:59], 499, 11, 12]
    decoder = fast(model, how, [], [*asked, outlier])
    assert decoder.decode([*asked, outlier]) == GenerateDecoder(model, how).decode([*asked, outlier])
    assert decoder.packed.work.tokens == 60 + sum(len(p) - 60 for p in asked) + 3


def test_a_prompt_that_is_itself_the_prefix_is_answered(models):
    model, how, asked = models("qwen2"), settings(), prompts(4)
    asked.append(asked[0][:60])
    assert fast(model, how, [], asked).decode(asked) == GenerateDecoder(model, how).decode(asked)


def test_prompts_that_share_nothing_are_answered(models):
    model, how = models("qwen2"), settings()
    asked = [prompts(1, seed=seed)[0][:12] for seed in range(5)]
    assert fast(model, how, [], asked).decode(asked) == GenerateDecoder(model, how).decode(asked)


def test_out_of_memory_halves_a_batch_and_goes_on(models, monkeypatch):
    model, how, asked = models("qwen2"), settings(), prompts(16)
    expected = GenerateDecoder(model, how).decode(asked)
    decoder = fast(model, how, [], asked)
    sizes, forward = [], decoder.packed.forward

    def small(to, ids, positions, deciding):
        sizes.append(len(deciding))
        if len(deciding) > 4:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return forward(to, ids, positions, deciding)

    monkeypatch.setattr(decoder.packed, "forward", small)
    assert decoder.decode(asked) == expected
    assert max(sizes) == 16


def test_a_batch_that_would_not_fit_is_not_tried(models, monkeypatch):
    from evalcore.predictors.engines import memory

    model, how, asked = models("qwen2"), settings(), prompts(16)
    decoder = fast(model, how, [], asked)
    monkeypatch.setattr(memory, "free_memory", lambda device: 2.5 * decoder._bytes_for([p[60:] for p in asked[:4]]))
    sizes, decode = [], decoder._decode
    monkeypatch.setattr(decoder, "_decode", lambda group, tails: sizes.append(len(tails)) or decode(group, tails))
    assert decoder.decode(asked) == GenerateDecoder(model, how).decode(asked)
    assert max(sizes) <= 8


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_short_number_formats_run_and_mostly_agree(models, dtype):
    model = tiny_model("qwen2").to(getattr(torch, dtype))
    how, asked = settings(max_new_tokens=3), prompts()
    expected = GenerateDecoder(model, how).decode(asked)
    got = choose_engine("fast", model, how, 8).decoder.decode(asked)
    assert sum(a == b for a, b in zip(got, expected, strict=True)) >= len(asked) * 0.7


def test_other_ends_end_too(models):
    model, asked = models("qwen2"), prompts()
    first = GenerateDecoder(model, settings()).decode(asked)[0][0]
    how = settings(eos_token_id=[END, OTHER_END, first])
    assert fast(model, how, [], asked).decode(asked)[0] == [first]
