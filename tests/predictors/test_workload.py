"""What is counted to go through a model is what goes through it: each engine, with the demo model."""

import shutil

import pytest

from evalcore.bench.subjects import Subject
from evalcore.paths import DEMO_MODELS
from evalcore.predictors import ChatRenderer, load_tokenizer, loading
from evalcore.predictors.engines.workload import Asked, workload
from evalcore.predictors.forecast import ModelSize, Speed, Workload, by_characters, evenly, time_of
from evalcore.running.plan import plan_run
from evalcore.store import RunSpec


@pytest.fixture(scope="module")
def subject():
    import torch

    folder = DEMO_MODELS / "demo"
    model = loading.load_weights(folder, "demo", loading.Placement(torch.device("cpu"), torch.float32))
    return Subject(model, ChatRenderer(load_tokenizer(folder)), "demo")


@pytest.mark.parametrize(
    ("engine", "decoding", "n", "name"),
    [
        ("fast", "plain", 100, "fast"),
        ("fast", "choose", 40, "fast"),
        ("batched", "plain", 40, "batched, prefix cached"),
        ("batched", "choose", 2, "batched, prefix cached"),
        ("loop", "plain", 12, "loop"),
        ("loop", "choose", 1, "loop"),
    ],
)
def test_the_work_of_an_engine_is_counted_without_the_model(subject, store, engine, decoding, n, name):
    plan = plan_run(RunSpec(n=n, engine=engine, decoding=decoding), store)
    model = subject.with_engine(engine, plan.record.spec)
    assert model.engine.name == name
    with subject.counting() as went:
        model.prepare(plan.prompts, plan.answers, {})
        answers = [
            answer
            for start in range(0, n, model.batch_size)
            for answer in model.predict(plan.prompts[start : start + model.batch_size])
        ]
    written = sum(len(answer.token_ids) for answer in answers) / n
    forecast = plan.handle.forecast(plan.prompts, plan.answers, written, lambda phase: None)
    assert forecast.tokens_in == pytest.approx(sum(answer.prompt_tokens for answer in answers))
    assert forecast.work.tokens == pytest.approx(went.tokens, rel=0.02 if engine != "batched" else 0.1)
    assert forecast.work.passes == pytest.approx(went.passes, rel=0.35, abs=1)
    products = 2.0 * (forecast.work.tokens * forecast.size.body + forecast.work.decided * forecast.size.head)
    assert products == pytest.approx(went.operations, rel=0.05 if engine != "batched" else 0.1)
    assert forecast.size.parameters == sum(one.numel() for one in subject.model.parameters())


def test_in_a_short_number_format_some_answers_are_compared_with_the_loops(store):
    def tokens(**how):
        plan = plan_run(RunSpec(n=20, **how), store)
        return plan.handle.forecast(plan.prompts, plan.answers, 4.0, lambda phase: None).work.tokens

    assert tokens(dtype="bfloat16") > tokens() + 8 * 100
    assert tokens(dtype="bfloat16", decoding="choose") == tokens(decoding="choose")


def test_settings_that_cannot_be_read_keep_no_plan_from_being_made(store, tmp_path):
    folder = shutil.copytree(DEMO_MODELS / "demo", tmp_path / "model")
    for content in ("{", "[1]", '{"max_new_tokens": -1}'):
        (folder / "generation_config.json").write_text(content)
        plan = plan_run(RunSpec(model=str(folder), n=4, decoding="as-shipped"), store)
        assert plan.handle.forecast(plan.prompts, plan.answers, None, lambda phase: None).counted


def asked(prompts, **changes):
    values = {
        "prompts": prompts,
        "n": len(prompts),
        "answers": [[1, 2, 9], [1, 3, 9], [4, 9]],
        "new_tokens": 3.0,
        "choosing": False,
        "batch_size": 4,
        "vocabulary": 100,
    }
    return Asked(**{**values, **changes})


def test_what_prompts_share_is_counted_once_and_only_by_the_engines_that_share_it():
    prompts = [[*range(50), 60 + own, 70 + own] for own in range(8)]
    fast, shared = workload("fast", asked(prompts))
    assert shared == 50
    assert fast.tokens == 50 + 8 * (2 + 3)  # the end token of an answer is drafted, and put in
    assert fast.passes == 1 + 2 * 3  # of `1 2 9`, `1` is decided, then `2`, then the drafted `9`
    loop, none = workload("loop", asked(prompts))
    assert none == 0
    assert loop.tokens == 8 * (52 + 2)
    assert loop.passes == 8 * 3


def test_prompts_that_go_through_together_are_as_long_as_the_longest_of_them():
    prompts = [list(range(length)) for length in (20, 40, 30, 60)]
    together = asked(prompts, batch_size=4)
    assert together.padded(1) == 37.5
    assert together.padded(2) == (30 + 30 + 60 + 60) / 4
    assert together.padded(4) == 60
    assert asked(prompts, batch_size=2).padded(2) == (40 + 40 + 60 + 60) / 4


def test_choosing_puts_a_tree_of_the_labels_behind_each_prompt_or_each_label():
    prompts = [[*range(50), 60 + own, 70 + own] for own in range(8)]
    fast, _ = workload("fast", asked(prompts, choosing=True))
    assert fast.tokens == 50 + 8 * (2 + 4)  # 1, 1 2, 1 3 and 4 are followed by others
    assert fast.decided == 1 + 8 * 5
    batched, _ = workload("batched, prefix cached", asked(prompts, choosing=True))
    assert batched.tokens == 8 * 3 * (52 + 3)
    assert batched.passes == 8


def test_a_part_of_the_prompts_stands_for_all_of_them():
    prompts = [[*range(50), 60 + own, 70 + own] for own in range(8)]
    part, _ = workload("loop", asked(prompts, n=8_000))
    assert part.tokens == 8_000 * (52 + 2)
    assert evenly(range(1000), 4) == [0, 250, 500, 750]
    assert evenly(range(3), 4) == [0, 1, 2]


SIZE = ModelSize(parameters=1_000_000, body=900_000, head=100_000, layers=2, width=64, number_bytes=4)
SPEED = Speed(operations=1e9, bytes=1e9, operation_s=1e-5)


def test_the_time_is_that_of_the_products_of_reading_weights_or_of_small_operations():
    many = time_of(Workload(tokens=10_000, passes=1), SIZE, SPEED)
    assert many.low == pytest.approx(2 * 10_000 * 900_000 / 1e9)
    assert time_of(Workload(passes=10), SIZE, SPEED).low == pytest.approx(10 * 4e6 / 1e9)
    slow = Speed(operations=1e15, bytes=1e15, operation_s=1e-5)
    assert time_of(Workload(passes=10), SIZE, slow).low == pytest.approx(10 * 2 * 45 * 1e-5)
    for work in (Workload(1e4, 10, 1e6, 1), Workload(1, 1, 1, 1_000), Workload()):
        span = time_of(work, SIZE, SPEED)
        assert span.low <= span.middle <= span.high
        twice = time_of(work.times(2), SIZE, SPEED)
        assert (twice.low, twice.high) == (pytest.approx(2 * span.low), pytest.approx(2 * span.high))


def test_without_a_tokenizer_tokens_are_estimated_by_characters():
    prompts = [({"role": "system", "content": "x" * 30}, {"role": "user", "content": "y" * 10})] * 5
    found = by_characters(prompts, ["abcd", "abcdefgh"], 80.0, None)
    assert (found.tokens_in, found.tokens_out, found.counted) == (50, 5 * 2.5, False)
    assert by_characters(prompts, ["abcd"], 5.0, None).tokens_out == 5.0  # no more than may be written
