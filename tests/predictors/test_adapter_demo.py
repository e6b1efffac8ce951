"""An adapter that the project trains itself, from training to one text on the command line."""

import json

import pytest

from evalcore.demo.adapter import train_adapter
from evalcore.predictors.files.adapter_config import read_adapter
from tests.tools.command_line import evalcore


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    train_adapter("demo-early", folder, steps=2)
    return folder


def test_a_trained_adapter_names_its_base_and_changes_what_it_says(folder, tmp_path):
    assert read_adapter(folder, "trained").base == "demo-early"

    def asked(model):
        words = ("predict", "no signal at home", "--model", model, "--decoding", "choose", "--json")
        return json.loads(evalcore(*words, cache=tmp_path / "cache").stdout)["probabilities"]

    own, base = asked(folder), asked("demo-early")
    assert own.keys() == base.keys()
    assert max(abs(own[label] - base[label]) for label in own) > 1e-3


def test_a_run_of_it_on_the_command_line_says_what_was_done(folder, tmp_path):
    done = evalcore("run", "--model", folder, "--n", 4, "--no-baselines", "--json", cache=tmp_path / "cache")
    found = json.loads(done.stdout)
    assert found["facts"]["adapter"] == "LoRA, r = 8, merged into the weights"
    assert found["facts"]["base"] == "demo-early"
    assert found["facts"]["engine"] == "fast"
    assert {"model", "adapter"} <= found["identity"].keys()
