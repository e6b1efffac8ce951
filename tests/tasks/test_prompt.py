import pytest

from evalcore.errors import SpecError
from evalcore.tasks import Example, TaskSource, load_task, make_task
from evalcore.tasks.prompt import BUILT_IN, DESCRIPTIONS, Renderer, built_in, custom_prompt


@pytest.fixture
def task(colours):
    return load_task(TaskSource(str(colours)))


def system_of(task, name):
    return Renderer(task, built_in(name)).messages("hello")[0]["content"]


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_prompt_has_a_system_message_and_ends_with_the_text(task, name):
    messages = Renderer(task, built_in(name)).messages("hello")
    assert [messages[0]["role"], messages[-1]["role"]] == ["system", "user"]
    assert messages[-1]["content"] == "hello"
    assert name in DESCRIPTIONS


def test_article_asks_for_nothing_else_and_lists_the_labels_by_commas(task):
    instruction, _, listed = system_of(task, "article").partition("\n\n")
    assert instruction.endswith("and nothing else.")
    assert listed == "Valid intents: " + ", ".join(task.labels)


def test_bare_lists_no_label(task):
    assert not any(label in system_of(task, "bare") for label in task.labels)


def test_numbered_lists_labels_by_number_and_expects_one(task):
    renderer = Renderer(task, built_in("numbered"))
    for number, label in enumerate(task.labels, start=1):
        assert f"{number}. {label}" in system_of(task, "numbered")
        assert renderer.answer(Example("", label)) == str(number)


def test_few_shot_precedes_the_question_with_solved_training_examples(task):
    messages = Renderer(task, built_in("few-shot:3")).messages("hello")
    assert [m["role"] for m in messages] == ["system", *["user", "assistant"] * 3, "user"]
    known = {example.text: example.label for example in task.train}
    for question, answer in zip(messages[1:-1:2], messages[2:-1:2], strict=True):
        assert known[question["content"]] == answer["content"]


def test_shuffled_labels_are_the_same_labels_in_an_order_that_the_seed_decides(task):
    orders = {Renderer(task, built_in(f"shuffled-labels:{seed}")).labels for seed in range(8)}
    assert len(orders) > 3
    assert {frozenset(order) for order in orders} == {frozenset(task.labels)}
    assert system_of(task, "shuffled-labels:3") == system_of(task, "shuffled-labels:3")


@pytest.mark.parametrize("name", ["nothing", "article:2", "few-shot:x", "few-shot:0", "few-shot:65", "bare:1", ""])
def test_an_unknown_prompt_is_refused(name):
    with pytest.raises(SpecError):
        built_in(name)


def test_placeholders_inside_the_data_stay_as_they_are():
    task = make_task("t", [Example("say {labels} {text}", "a {text}"), Example("x", "b")], (), None, "")
    messages = Renderer(task, built_in("article")).messages(task.test[0].text)
    assert messages[-1]["content"] == "say {labels} {text}"
    assert "a {text}, b" in messages[0]["content"]


@pytest.mark.parametrize(
    ("name", "system", "user"),
    [
        ("", "s", "{text}"),
        ("article", "s", "{text}"),
        ("few-shot:9", "s", "{text}"),
        ("../x", "s", "{text}"),
        ("mine", "s {text}", "{text}"),
        ("mine", "s", "no place"),
        ("mine", "s", "{text}{text}"),
        ("mine", " ", "{text}"),
    ],
)
def test_a_prompt_of_ones_own_that_cannot_work_is_refused(name, system, user):
    with pytest.raises(SpecError):
        custom_prompt(name, system, user)


def test_a_prompt_of_ones_own_is_filled(task):
    messages = Renderer(task, custom_prompt("mine", "One of {labels}.", "Message: {text} Intent:")).messages("hi")
    assert messages[0]["content"] == f"One of {', '.join(task.labels)}."
    assert messages[1]["content"] == "Message: hi Intent:"


def test_a_fingerprint_changes_with_everything_but_the_name():
    base = custom_prompt("a", "s", "{text}")
    assert base.fingerprint == custom_prompt("b", "s", "{text}").fingerprint
    assert len({custom_prompt("a", "s", "{text}").fingerprint, custom_prompt("a", "s2", "{text}").fingerprint,
                custom_prompt("a", "s", "{text}.").fingerprint, built_in("few-shot:2").fingerprint,
                built_in("few-shot:3").fingerprint, built_in("shuffled-labels:2").fingerprint,
                built_in("article").fingerprint, built_in("numbered").fingerprint}) == 8  # fmt: skip
