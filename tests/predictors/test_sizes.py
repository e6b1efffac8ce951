"""How large a model is: of folders by their files, of the hub by what it says; downloads that do not fit."""

import shutil
import struct

import pytest

torch = pytest.importorskip("torch")

from evalcore.errors import ModelError  # noqa: E402
from evalcore.paths import DEMO_MODELS  # noqa: E402
from evalcore.predictors import room  # noqa: E402
from evalcore.predictors.files import sizes  # noqa: E402
from evalcore.predictors.files.sizes import Sizes  # noqa: E402
from evalcore.predictors.files.source import ModelSource  # noqa: E402
from evalcore.predictors.placement import Placement  # noqa: E402
from tests.predictors.test_hub import QWEN, RUN, cli, hub, model  # noqa: E402, F401
from tests.tools.hub import Repo  # noqa: E402

DEMO = ModelSource("demo", "sha256:a", DEMO_MODELS / "demo")
SNAPSHOT = ModelSource("a/b", "a/b@" + "c" * 40, None, "main")


def test_a_number_takes_what_its_format_takes():
    half = Sizes(0, 2_000, {"BF16": 1_000})
    assert [half.in_memory(itemsize) for itemsize in (4, 2)] == [4_000, 2_000]
    assert Sizes(0, 4_000, {"F32": 1_000}).in_memory(2) == 2_000
    assert Sizes(0, 4_100, {"F32": 1_000, "U8": 100}).in_memory(2) == 2_100
    assert [Sizes(0, 2_000).in_memory(itemsize) for itemsize in (4, 2)] == [4_000, 2_000]


def test_a_quantised_number_takes_what_it_takes_in_the_file():
    four_bits = Sizes(0, 700, {"U8": 500, "F16": 100}, quantised=True)
    assert [four_bits.in_memory(itemsize) for itemsize in (4, 2)] == [900, 700]
    assert Sizes(0, 700, quantised=True).in_memory(4) == 700
    assert Sizes(0, 900, {"U8": 500, "F32": 100}, quantised=True).in_memory(2) == 900  # scales stay as they are


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_folders_size_is_what_its_model_takes(dtype):
    from evalcore.predictors.loading import load_weights

    at = Placement(torch.device("cpu"), dtype)
    loaded = load_weights(DEMO.folder, "demo", at)
    takes = sum(one.numel() * one.element_size() for one in loaded.parameters())
    known = sizes.sizes(DEMO)
    assert known.to_download == 0
    assert takes <= known.in_memory(dtype.itemsize) < 1.02 * takes + 10_000  # the file's header besides
    assert room.needed_bytes(DEMO, at) == int(room.TO_WORK * known.in_memory(dtype.itemsize))


def test_weights_that_stand_there_twice_count_once(tmp_path):
    folder = shutil.copytree(DEMO.folder, tmp_path / "model")
    before = sizes.sizes(ModelSource("m", "", folder))
    shutil.copy(folder / "model.safetensors", folder / "consolidated.safetensors")
    assert sizes.sizes(ModelSource("m", "", folder)) == before
    (folder / "model.safetensors").unlink()
    assert sizes.sizes(ModelSource("m", "", folder)).weights == before.weights


@pytest.mark.parametrize("content", [b"", b"\xff" * 99, struct.pack("<Q", 10) + b"{}"])
def test_a_spoilt_file_has_no_size_and_is_refused_by_what_reads_it(tmp_path, content):
    folder = shutil.copytree(DEMO.folder, tmp_path / "model")
    (folder / "model.safetensors").write_bytes(content)
    source, at = ModelSource("m", "", folder), Placement(torch.device("cpu"), torch.float32)
    assert sizes.sizes(source) is None
    assert room.needed_bytes(source, at) is None
    assert not room.fits_beside(source, at)
    room.check_room(source, at)


def test_a_model_fits_beside_another_one_with_room_to_spare(monkeypatch):
    at = Placement(torch.device("cpu"), torch.float32)
    needed = room.needed_bytes(DEMO, at)
    for free, fits in ((room.ROOM * needed, True), (room.ROOM * needed - 1, False)):
        monkeypatch.setattr(room, "free_memory", lambda device, free=free: free)
        assert room.fits_beside(DEMO, at) == fits


def test_a_download_that_does_not_fit_on_the_disk_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "not/yet/there"))
    monkeypatch.setattr(sizes, "sizes", lambda source: Sizes(5 * 10**9, 5 * 10**9))
    disk = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(sizes.shutil, "disk_usage", lambda path: disk._replace(free=10**9))
    with pytest.raises(ModelError, match=r"need 5\.0 GB of disk, and 1\.0 GB are free in .*not/yet/there.* HF_HOME"):
        sizes.check_disk(SNAPSHOT)
    monkeypatch.setattr(sizes.shutil, "disk_usage", lambda path: disk._replace(free=6 * 10**9))
    sizes.check_disk(SNAPSHOT)


def test_a_hub_model_that_cannot_fit_is_not_downloaded(hub, cli, model):  # noqa: F811
    hub.repos[QWEN] = Repo(model, claims={"model.safetensors": 10**15})
    refused = cli(*RUN, QWEN)
    assert refused.returncode != 0
    assert "it needs about 2100000.0 GB of memory in float32" in refused.stderr
    assert not any("safetensors" in path for _, path in hub.requests)


def test_what_is_here_of_a_hub_model_is_not_downloaded_again(monkeypatch, tmp_path):
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import ModelInfo

    files = {"model.safetensors": 900, "config.json": 50, "tokenizer.json": 30, "pytorch_model.bin": 10**6}
    about = {
        "id": "a/b",
        "sha": "c" * 40,
        "siblings": [{"rfilename": name, "size": size} for name, size in files.items()],
        "safetensors": {"parameters": {"BF16": 400, "F32": 25}, "total": 425},
        "config": {"quantization_config": {"quant_method": "awq"}},
    }
    monkeypatch.setattr(HfApi, "model_info", lambda self, *given, **named: ModelInfo(**about))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    here = []
    monkeypatch.setattr(
        "huggingface_hub.try_to_load_from_cache",
        lambda repo, name, revision: str(tmp_path / name) if name in here else None,
    )
    assert sizes.sizes(SNAPSHOT) == Sizes(980, 900, {"BF16": 400, "F32": 25}, quantised=True)
    here += ["config.json", "model.safetensors"]
    assert sizes.sizes(SNAPSHOT).to_download == 30

    def silent(self, *given, **named):
        raise OSError("offline")

    monkeypatch.setattr(HfApi, "model_info", silent)
    assert sizes.sizes(SNAPSHOT) is None

    here.append("tokenizer.json")
    for name in ("config.json", "model.safetensors"):
        shutil.copy(DEMO.folder / name, tmp_path / name)
    assert sizes.sizes(SNAPSHOT) == sizes.sizes(DEMO)  # all is here: its files say it, and the hub is not asked
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a": "lost.safetensors"}}')
    here.append("model.safetensors.index.json")
    assert sizes.sizes(SNAPSHOT) is None  # a part of a model says nothing of the whole


def test_the_size_of_an_adapter_that_is_here_is_known_offline(monkeypatch, tmp_path):
    """Red with a config.json looked for, which an adapter has not: the hub was asked at every load."""
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", lambda self, *given, **named: pytest.fail("it was asked"))
    monkeypatch.setattr(
        sizes, "cached_file", lambda repo, commit, name: path if (path := tmp_path / name).exists() else None
    )
    (tmp_path / "adapter_config.json").write_text("{}")
    shutil.copy(DEMO.folder / "model.safetensors", tmp_path / "adapter_model.safetensors")
    assert sizes.sizes(SNAPSHOT).weights == (DEMO.folder / "model.safetensors").stat().st_size
