from evalcore.tasks.prompt import custom_prompt


def test_a_custom_prompt_is_kept_replaced_and_removed(store):
    store.save_prompt(custom_prompt("mine", "one", "{text}"))
    store.save_prompt(custom_prompt("mine", "two", "{text}"))
    assert store.custom_prompts()["mine"].system == "two"
    store.delete_prompt("mine")
    assert store.custom_prompts() == {}


def test_custom_prompts_are_in_the_order_of_their_names(store):
    for name in ("b", "c", "a"):
        store.save_prompt(custom_prompt(name, "x", "{text}"))
    assert list(store.custom_prompts()) == ["a", "b", "c"]
