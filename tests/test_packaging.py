"""What `pip install .` gives: a wheel with the app and the demo in it, and a command that needs no checkout."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pytest
from huggingface_hub.utils import filter_repo_objects

import evalcore
from evalcore import paths
from evalcore.cli.main import _parser
from evalcore.extras import Extra
from tests.conftest import ROOT
from tests.faults.test_web import listening, upgrade
from tests.tools.browser import free_port, settled, wait_for_port
from tests.tools.processes import PATIENCE_S, finished

pytestmark = pytest.mark.timeout(600)  # wheels are built, and processes started

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pinned(extra=""):
    """The packages that a requirements file names, without those of the files it includes."""
    lines = (ROOT / f"requirements{extra and '-' + extra}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


def test_an_installation_has_the_packages_that_the_checkout_pins():
    """Red with a version that is changed in one of the two files."""
    assert PROJECT["dependencies"] == pinned()


@pytest.mark.parametrize("extra", get_args(Extra))
def test_an_extra_has_the_packages_that_its_requirements_file_pins(extra):
    """Red with a version that is changed in one of the two files, or an extra that only messages name."""
    assert PROJECT["optional-dependencies"][extra] == pinned(extra)


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {}, "~/.local/share"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "~/.local/share"),  # to be ignored, says its specification
        ("darwin", {}, "~/Library/Application Support"),
        ("win32", {}, "~/AppData/Local"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local"),
    ],
)
def test_runs_of_an_installed_copy_are_kept_where_the_system_keeps_a_users_data(
    platform, environment, folder, monkeypatch
):
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert paths.user_data() == Path(folder).expanduser()


# -- the wheel, and a copy of it that is installed ----------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built as an index gets it: from the source distribution, without the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    built = finished("-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of a new virtual environment that has the wheel, and borrows all other packages from this one."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    for words in (
        ("-m", "venv", "--without-pip", folder),
        ("-m", "pip", "--python", folder, "install", "--quiet", "--no-deps", "--no-index", wheel),
    ):
        done = finished(*words)
        assert done.returncode == 0, done.stdout + done.stderr
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder of somebody else's, whose files have the names of ours, and a home."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in ("app.py", "evalcore.py", "streamlit.py", "pages/__init__.py", "pages/parts/__init__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text('raise SystemExit("this is not what was installed")', encoding="utf-8")
    (folder / "home").mkdir()
    return folder


def environment(elsewhere):
    own = {name: value for name, value in os.environ.items() if not name.startswith(("BLINDSPOT_", "STREAMLIT_"))}
    own = {name: value for name, value in own.items() if name not in ("XDG_DATA_HOME", "PYTHONPATH", "DISPLAY")}
    return {**own, "HOME": str(elsewhere / "home")}


def called(installed, elsewhere, program, *words):
    """Run a program of the new virtual environment in that folder."""
    return subprocess.run(
        [installed / "bin" / program, *words],
        cwd=elsewhere, env=environment(elsewhere), capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip


@contextmanager
def served(installed, elsewhere, **settings):
    """The port at which `blindspot` serves the app."""
    port = free_port()
    server = subprocess.Popen(
        [installed / "bin" / "blindspot", "--port", str(port)],
        cwd=elsewhere, env={**environment(elsewhere), **settings}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_port(port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(PATIENCE_S)


def files_below(folder):
    return {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


@pytest.mark.slow
def test_the_wheel_holds_the_package_the_app_and_the_demo_and_nothing_else(wheel):
    """Red with `pages`, `.streamlit` or the demo's models left out, or with the tests, a cache or a bytecode in it."""
    app = Path("evalcore/app")
    expected = {path.relative_to(ROOT) for path in files_below(ROOT / "evalcore")}
    expected |= {app / path.relative_to(ROOT) for path in files_below(ROOT / "pages")}
    expected |= {app / "app.py", app / ".streamlit" / "config.toml"}
    with zipfile.ZipFile(wheel) as archive:
        held = {Path(name) for name in archive.namelist()}
    about = {path for path in held if path.parts[0] == f"blindspot-{evalcore.__version__}.dist-info"}
    assert held - about == expected
    assert {path.name for path in about} >= {"METADATA", "LICENSE", "entry_points.txt"}


@pytest.mark.slow
def test_the_command_says_its_version_and_its_commands_by_the_name_it_is_called(installed, elsewhere):
    assert called(installed, elsewhere, "blindspot", "--version").stdout == f"Blindspot {evalcore.__version__}\n"
    shown = called(installed, elsewhere, "blindspot", "--help").stdout
    assert shown.startswith("usage: blindspot ")
    assert re.search(r"^    compare  ", shown, re.MULTILINE)


@pytest.mark.slow
def test_a_run_is_kept_with_the_users_data_and_never_with_the_packages(installed, elsewhere):
    """Red with the cache beside the package, as in a checkout."""
    before = files_below(installed)
    done = called(installed, elsewhere, "blindspot", "run", "--model", "majority", "--n", "20")
    assert done.returncode == 0, done.stderr
    assert "20 of 20 examples" in done.stdout
    assert (elsewhere / "home" / ".local" / "share" / "blindspot" / "blindspot.db").is_file()
    assert files_below(installed) == before
    unknown = called(installed, elsewhere, "blindspot", "report", "nothing")
    assert unknown.returncode == 1
    assert "`blindspot runs` lists them" in unknown.stderr


@pytest.mark.slow
def test_what_a_package_lacks_is_installed_by_the_name_of_the_extra(installed, elsewhere):
    """Red with the name of a requirements file, which an installed copy does not have."""
    program = "from evalcore.extras import require; require('no_such_package', 'ray', 'This')"
    done = called(installed, elsewhere, "python", "-P", "-c", program)
    assert done.stderr.rstrip().endswith('Install it: pip install "blindspot[ray]"')


@pytest.mark.slow
def test_the_installed_app_runs_a_model_serves_this_machine_only_and_tells_nobody(installed, elsewhere, new_page):
    """Red without `.streamlit/config.toml` in the wheel: Streamlit then listens on every interface and reports its use.
    Red with a worker, or pages, that are looked for beside a checkout, and with modules of the folder it is called in.
    """
    with served(installed, elsewhere) as port:
        assert listening(port) == [f"0100007F:{port:04X}"]
        page = new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"http://127.0.0.1:{port}/?model=majority&n=24")
        settled(page).get_by_role("button", name="Run", exact=True).click()
        page.get_by_text("of the answers are one label").first.wait_for()
        page.goto(f"http://127.0.0.1:{port}/per_class")
        settled(page).get_by_role("heading", name="Per class", level=1).wait_for()
        hosts = {re.sub(r"^\w+://|/.*$", "", url) for url in asked if not url.startswith(("data:", "blob:"))}
        assert hosts == {f"127.0.0.1:{port}"}
    assert listening(port) == []  # red with Streamlit left behind as a child


# -- deploy/ ------------------------------------------------------------------------------------------

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IN_A_CONTAINER = dict(re.findall(r"(?:^ENV|^   ) (\w+)=(\S+)", DOCKERFILE, re.MULTILINE))


def test_a_container_runs_as_a_user_without_rights():
    """Red with the line USER taken out, or put behind the command."""
    instructions = re.findall(r"^[A-Z]+ .*", DOCKERFILE, re.MULTILINE)
    assert "USER blindspot" in instructions[: instructions.index('ENTRYPOINT ["blindspot"]')]


@pytest.mark.slow
@pytest.mark.parametrize("named", ["", "blindspot.example.org localhost"])
def test_a_container_answers_its_own_names_only(installed, elsewhere, tmp_path, named):
    """Red with an address that no other machine reaches, with every host let in, and with a health check of nothing."""
    settings = {**IN_A_CONTAINER, "BLINDSPOT_CACHE": str(tmp_path), "STREAMLIT_SERVER_ALLOWED_HOSTS": named}
    with served(installed, elsewhere, **{name: value for name, value in settings.items() if value}) as port:
        assert listening(port) == [f"00000000:{port:04X}"]
        answered = {
            host: upgrade(port, Host=host, Origin=f"https://{host}")
            for host in ("localhost", "blindspot.example.org", "evil.example")
        }
        assert answered == {"localhost": 101, "blindspot.example.org": 101 if named else 403, "evil.example": 403}
        _, *words = json.loads(re.search(r"^HEALTHCHECK .*CMD (.*)", DOCKERFILE, re.MULTILINE)[1])
        check = [word.replace("8501", str(port)) for word in words]
        assert "/_stcore/health'" in check[-1]  # to any other path Streamlit answers with its page
        assert finished(*check).returncode == 0
    assert finished(*check).returncode == 1


@pytest.mark.slow
def test_what_a_space_is_given_is_private_and_holds_all_that_its_image_is_built_from(wheel, tmp_path):
    """Red with a folder or a file left out of `needed`, and with arguments that huggingface_hub does not take."""
    (block,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "deploy" / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    program = """
import json
from unittest.mock import create_autospec
import huggingface_hub
api = create_autospec(huggingface_hub.HfApi, instance=True)
huggingface_hub.HfApi = lambda: api
BLOCK
print(json.dumps({name: call.kwargs for name, call in zip(["create", "folder", "file"], (
    api.create_repo.call_args, api.upload_folder.call_args, api.upload_file.call_args))}))
"""
    done = finished("-c", program.replace("BLOCK", block))
    assert done.returncode == 0, done.stderr
    asked = json.loads(done.stdout)
    assert (asked["create"]["space_sdk"], asked["create"]["private"]) == ("docker", True)
    about = (ROOT / asked["file"]["path_or_fileobj"]).read_text(encoding="utf-8")
    assert re.match(r"---\n(?:.*\n)*sdk: docker\napp_port: 8501\n(?:.*\n)*---\n", about)

    listed = [
        str(path.relative_to(ROOT)) for top in ("evalcore", "pages", ".streamlit") for path in files_below(ROOT / top)
    ]
    listed += [path.name for path in ROOT.iterdir() if path.is_file()]
    space = tmp_path / "space"
    for name in filter_repo_objects(
        listed, allow_patterns=asked["folder"]["allow_patterns"], ignore_patterns=asked["folder"]["ignore_patterns"]
    ):
        (space / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, space / name)
    (space / asked["file"]["path_in_repo"]).write_text(about, encoding="utf-8")
    assert {"Dockerfile", "requirements.txt"} <= {path.name for path in space.iterdir()}
    built = finished("-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, space)
    assert built.returncode == 0, built.stdout + built.stderr
    (own,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(own) as one, zipfile.ZipFile(wheel) as other:
        assert one.namelist() == other.namelist()


@pytest.mark.parametrize("file", ["README.md", "kaggle-colab.md"])
def test_the_recipes_call_commands_and_options_that_there_are(file):
    text = (ROOT / "deploy" / file).read_text(encoding="utf-8")
    commands = re.findall(r"(?:^!b/bin/blindspot|/cache blindspot|`blindspot) ([a-z][^`\n]*)", text, re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        words = [word for word in shlex.split(command) if word != "..."]
        assert _parser(words[0]).parse_args(words).command
