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
        "cc5cc67e1c8f",
        "02d09609c37513a22e0e458904f2a046fdbe1ddac8f8dc57e71dec4d374171ad",
        "fc0c840a1730bbca36a19c51dca90e1ab5f2b3a2353c64ae0fab63a89e90c0fb",
        "076d1e6a254acde768aca444679f937ab3aec6720d803246236f980c7f50065a",
    ),
    "majority": (
        RunSpec(model="majority"),
        "27a33b8b998a",
        "35a24d9d416bf11fb87ee45105ee71444d46a1cf94d57762bea793bd099cdc03",
        "7e6af2a673b6f02a9b8392394896100d6c984bb15183e281762eb092592f0dc4",
        "c44fb7437cb5b3073b132aadc1c48b57a04508313d1f389405d5fae2c7dec859",
    ),
    "server": (
        RunSpec(model="http://localhost:8000/v1#m", prompt="few-shot"),
        "1fd6414986fd",
        "fcc7de8ef4cbb270336e2d5d8d06875e4b96ab158f4b1902eea23345067d4029",
        "378cda9b0c5d1314a8fb872c59553031b552c5894699ffadf20ca3285e5cbfd6",
        "03ff1b82cbae1905748c301ec0569538c7f19a7103290d6de580a6497ac6d9d0",
    ),
}
"""Run id, and the keys of the first, the 201st and the last example, of 400 of the bundled task on a CPU.

Those of the baselines are of version 2 of their identity, which has probabilities: the runs of version 1 stay as they
are, and are computed again only where somebody asks for them.
"""


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
