import ast

import pytest

from evalcore.store import MODEL_KINDS, RunSpec, checked, kind_of
from tests.conftest import ROOT
from tests.tools import runs


@pytest.mark.parametrize(
    ("model", "kind"),
    [("demo", "transformers"), ("Qwen/Qwen2.5-0.5B-Instruct@main", "transformers"), ("/models/tfidf", "transformers"),
     ("tfidf", "tfidf"), ("majority", "majority"), ("majority-2", "transformers"), ("server", "transformers"),
     ("http://localhost:8000/v1#m", "server"), ("HTTPS://host/v1#a b", "server"), ("httpd/model", "transformers"),
     ("imported:answers.csv", "import"), ("imported:two\nlines.csv", "import"), ("", "transformers")],
)  # fmt: skip
def test_a_models_name_says_its_kind(model, kind):
    assert kind_of(model).name == kind
    assert RunSpec(model=model).kind is kind_of(model)


@pytest.mark.parametrize(
    ("can", "names"),
    [("reads_prompt", {"transformers", "server"}), ("is_baseline", {"majority", "tfidf"}),
     ("answers_alike", {"majority"}),
     ("gives_label_scores", {"transformers"}), ("needs_train", {"majority", "tfidf"}), ("is_remote", {"server"}),
     ("can_run", {"transformers", "encoder", "server", "majority", "tfidf"})],
)  # fmt: skip
def test_what_each_kind_can_do_is_said_in_one_table(can, names):
    assert {kind.name for kind in MODEL_KINDS if getattr(kind, can)} == names


def test_what_cannot_matter_to_a_server_makes_no_other_run_of_it():
    asked = RunSpec(
        model="http://localhost:8000/v1#m", decoding="choose", engine="batched", batch_size=4, dtype="float16"
    )
    assert checked(asked) == RunSpec(model=asked.model, decoding="choose")


def test_a_stored_runs_kind_is_its_predictors_and_not_its_names(store):
    record = runs.stored(store, ["a", "b"], ["a", "a"], name="tfidf")
    assert record.kind.name == "import"
    assert not record.kind.is_baseline


def test_nothing_but_the_table_compares_a_kind_by_a_name():
    """A comparison with one of these words is a question that `ModelKind` answers."""
    words = {"none", "import", "tfidf", "majority", "server", "encoder", "transformers"}
    allowed = {("evalcore/predictors/baseline.py", "majority"), ("evalcore/parse/matching.py", "none")}
    found = set()
    for path in [ROOT / "app.py", *(ROOT / "evalcore").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                said = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and one.value in words}
                found |= {(str(path.relative_to(ROOT)), word) for word in said}
    assert found <= allowed
