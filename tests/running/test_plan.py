"""Which completions a run consists of: keys and run ids, as every version so far has made them."""

import pytest

from evalcore.running.plan import plan_run
from evalcore.store import RunSpec

FIXED = {
    "demo": (
        RunSpec(),
        "a909eba938a7",
        "71923136da015d5907609f5c84c3fbd40d75749be3aa219b328f8c7d4d8975e9",
        "dc9045c83ecd6affec3570e0e974e216ebf28be5e78a3c4cfdec47245bce2b41",
        "f00ce3115cab924442bfe3824ba9f124c96d96b421bd847d7ccb6bf1d4d28f70",
    ),
    "demo, choosing": (
        RunSpec(decoding="choose", prompt="numbered"),
        "0c262d20e801",
        "b3f4a9e9d89ea45d4b73a4f174c76e3c54a4abdd39ca618c9521e8a1256d7fe2",
        "55506170f678e4b094d600737ba4d4979900e00fea1f24bf2b7989217d32d631",
        "7be3649eecf6a65c0385fa189efb5519226acac1d3cf14b9b6f6f6686c356434",
    ),
    "tfidf": (
        RunSpec(model="tfidf"),
        "d0a97586adb1",
        "cc19c82bbe5134f97382ed5aa20c90d9c59ea82a2a576b9165672dc687b66ea0",
        "7ebadde78805141446930ec9e9244d872846f546ceb397a69374ec2a296fe218",
        "323970e5db40f7326aa155b1e8a2ef90bab16aabb219d3ceed1f0e6eee661bb1",
    ),
    "majority": (
        RunSpec(model="majority"),
        "ff0c394a4947",
        "1eeaf003c76bda38b59de4c4341e51891ff756430b4c9e892d5e18854fdc7604",
        "333aeaa6440b5c55663b3dec5636267c3e5c73f8282d1168a6dfe8e03fa95f20",
        "285e2760d2ac2cd20a5267dfaf98485b36c3cf83a661ed9ba3996e49fa4cb517",
    ),
    "server": (
        RunSpec(model="http://localhost:8000/v1#m", prompt="few-shot"),
        "1fd6414986fd",
        "fcc7de8ef4cbb270336e2d5d8d06875e4b96ab158f4b1902eea23345067d4029",
        "378cda9b0c5d1314a8fb872c59553031b552c5894699ffadf20ca3285e5cbfd6",
        "03ff1b82cbae1905748c301ec0569538c7f19a7103290d6de580a6497ac6d9d0",
    ),
}
"""Run id, and the keys of the first, the 201st and the last example, of 400 of the bundled task on a CPU."""


@pytest.mark.parametrize("name", FIXED)
def test_keys_and_run_ids_are_those_of_every_version_so_far(store, name):
    """Otherwise what is stored would be predicted again, and links to runs would lead nowhere."""
    torch = pytest.importorskip("torch")
    if torch.accelerator.current_accelerator(check_available=True) and name.startswith("demo"):
        pytest.skip("the device is a part of the key; these are of a CPU")
    spec, run_id, *keys = FIXED[name]
    plan = plan_run(spec, store)
    assert plan.record.run_id == run_id
    assert [plan.keys[at].hex() for at in (0, 200, -1)] == keys
    assert len(plan.keys) == 400


def test_a_baselines_prompt_is_stored_as_none(store):
    record = plan_run(RunSpec(model="tfidf", prompt="numbered"), store).record
    assert (record.prompt.name, record.prompt.user, record.spec.prompt) == ("none", "{text}", "none")


def test_imported_answers_cannot_be_run(store):
    from evalcore.errors import ModelError

    with pytest.raises(ModelError, match="imported answers cannot be predicted"):
        plan_run(RunSpec(model="imported:answers.csv"), store)
