"""What is installed is the commit: wheels, checkouts and what pip left there, really installed."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate.build.proof import of_the_checkout
from hotloop.gate.model import Contender, Proof
from hotloop.gate.preparation import Prepared
from tests import tiny_project
from tests.gate_sites import BASE, HEAD, NESTED, Site, lent, says

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("gate_workers")]
# As pip takes it: equal version, so there is nothing to do.
PIP = "in-dir={env_dir} python -m pip install --no-deps {wheel_file}"
# The same, sooner.
LAZY = (
    'python -c "import glob, sysconfig, zipfile; '
    "place = sysconfig.get_path('purelib'); "
    "glob.glob(place + '/tiny*') or zipfile.ZipFile(r'{wheel_file}').extractall(place)\""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with lent(tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Another, whose environments never held what a wheel brought: asv would make them anew."""
    with lent(tmp_path_factory) as made:
        yield made


def library(contender: Contender) -> Path:
    return Path(says(contender, "import sysconfig; print(sysconfig.get_paths()['purelib'])"))


@pytest.fixture(scope="module")
def found(site: Site) -> tuple[Prepared, Path]:
    """Builds that were found again with another content, and where head's package is."""
    prepared = site.prepare(BASE, HEAD)
    package = library(prepared.head) / "tiny"
    (package / "__init__.py").write_text("def answer():\n    return 7\n", encoding="utf-8")
    (package / "gone_since.py").touch()
    for wheel in site.gate.glob("[ab]/*/asv-build-cache/*/*.whl"):
        # What the manifest is for.
        wheel.unlink()
    return site.prepare(BASE, HEAD), package


@pytest.fixture(scope="module")
def lazily(site: Site, found: tuple[Prepared, Path]) -> Prepared:
    """Both commits installed where the other one is."""
    assert found[0].unproved == ()
    return site.prepare(HEAD, BASE, site.configure(install_command=[LAZY]))


def by_pip(site: Site) -> Prepared:
    """The same, as most projects do."""
    site.prepare(BASE, HEAD)
    return site.prepare(HEAD, BASE, site.configure(install_command=[PIP]))


def test_a_found_build_is_compared_with_its_wheel_as_well(found: tuple[Prepared, Path]) -> None:
    again, package = found
    assert says(again.head) == "2"
    assert not (package / "gone_since.py").exists()


@pytest.mark.usefixtures("found")
def test_a_wheel_is_kept_as_long_as_it_is_compared(site: Site) -> None:
    prepared = site.prepare(BASE, site.new_commit(), site.configure(build_cache_size=0))
    assert (says(prepared.base), prepared.unproved) == ("1", ())


@pytest.mark.parametrize(
    "install",
    [
        LAZY,
        pytest.param(
            PIP,
            marks=pytest.mark.thorough("test_what_pip_left_from_another_commit_is_replaced"),
        ),
    ],
    ids=["", "pip"],
)
def test_what_pip_left_from_another_commit_is_replaced(
    site: Site, lazily: Prepared, install: str
) -> None:
    prepared = lazily if install == LAZY else by_pip(site)
    assert (says(prepared.base), says(prepared.head)) == ("2", "1")
    assert prepared.unproved == ()


@pytest.mark.thorough(
    "test_what_pip_left_from_another_commit_is_replaced",
    "unit/test_gate_proof.py::test_what_differs_even_then_is_not_the_commits",
)
@pytest.mark.usefixtures("lazily")
def test_an_install_command_that_never_installs_the_commit_is_no_pass(site: Site) -> None:
    # The wheel is named, and not installed over what is there.
    idle = f"{sys.executable} -c pass {{wheel_file}}"
    broken = site.configure(install_command=[idle], uninstall_command=[])
    # Equal commits are built in turn, and the first build is the last one here.
    with pytest.raises(MeasurementError) as caught:
        site.prepare(BASE, BASE, broken)
    assert "the installed code is not the commit's: " in str(caught.value)
    assert "add --force-reinstall to install_command" in str(caught.value)


@pytest.mark.parametrize(
    "editable",
    [
        tiny_project.EDITABLE,
        pytest.param(
            tiny_project.PIP_EDITABLE,
            marks=pytest.mark.thorough("test_an_editable_install_is_proved_by_its_checkout"),
        ),
    ],
    ids=["", "pip"],
)
def test_an_editable_install_is_proved_by_its_checkout(folders: Site, editable: str) -> None:
    config = folders.configure(build_command=[], install_command=[editable])
    prepared = folders.prepare(BASE, HEAD, config)
    assert (says(prepared.base), says(prepared.head)) == ("1", "2")
    assert prepared.unproved == ()
    for side in (prepared.base, prepared.head):
        assert side.origin.names == ("tiny",)
        (root,) = side.origin.roots
        assert says(side, "import tiny; print(tiny.__file__)").startswith(root)
    (Path(prepared.head.origin.roots[0]) / "tiny" / "__init__.py").write_text("", encoding="utf-8")
    (doubt,) = folders.prepare(BASE, HEAD, config).unproved
    assert "not shown that head ran its commit's code" in doubt
    assert "tiny/__init__.py" in doubt


def test_an_editable_install_may_keep_what_it_compiled_elsewhere(tmp_path: Path) -> None:
    """As scikit-build-core's does ("redirect")."""
    checkout, library = tmp_path / "checkout", tmp_path / "library"
    checkout.mkdir()
    tiny_project.git(checkout, "init", "--quiet")
    tiny_project.commit(checkout, "first", {"tiny/__init__.py": ""})
    source = {"url": checkout.as_uri(), "dir_info": {"editable": True}}
    files = {
        "tiny-0.dist-info/METADATA": "Name: tiny\nVersion: 0\n",
        "tiny-0.dist-info/direct_url.json": json.dumps(source),
        "tiny-0.dist-info/RECORD": "tiny/_fast.so,,\n_redirect.py,,\n",
        "tiny/_fast.so": "",
        "_redirect.py": "",
    }
    for name, text in files.items():
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).write_text(text, encoding="utf-8")
    folders = {"purelib": str(library), "platlib": str(library)}
    commit = tiny_project.git(checkout, "rev-parse", "HEAD")
    proof = of_the_checkout(checkout, checkout, commit, folders)
    # Its compiled files are known, so that both sides' can be compared.
    assert list(proof.compiled) == ["_fast.so"]
    # meson-python's lie in a folder of the build; a copy that a build has left is not loaded.
    for place, text in {"build/cp311/_other.so": "other", "build/lib/tiny/_fast.so": ""}.items():
        (checkout / place).parent.mkdir(parents=True)
        (checkout / place).write_text(text, encoding="utf-8")
    found = of_the_checkout(checkout, checkout, commit, folders).compiled
    assert list(found) == ["_fast.so", "build/cp311/_other.so"]
    proved = replace(proof, compiled={})
    assert proved == Proof(("tiny",), (str(checkout), str(library / "tiny")), None)


@pytest.mark.parametrize(
    "install",
    [
        tiny_project.FOLDER,
        pytest.param(
            tiny_project.PIP_FOLDER,
            marks=pytest.mark.thorough(
                "test_an_install_from_the_folder_is_compared_with_the_checkout"
            ),
        ),
    ],
    ids=["", "pip"],
)
def test_an_install_from_the_folder_is_compared_with_the_checkout(
    folders: Site, install: str
) -> None:
    config = folders.configure(build_command=[], install_command=[install])
    prepared = folders.prepare(BASE, HEAD, config)
    assert (says(prepared.head), prepared.unproved) == ("2", ())
    # Benchmarks are asked whether they run what the user's folder has, such as another project.
    assert prepared.head.origin.users == (str(folders.folder / "tiny" / "__init__.py"),)


def test_a_project_in_a_folder_of_its_repository_is_built_from_there(site: Site) -> None:
    prepared = site.prepare(NESTED, NESTED, site.configure(repo_subdir="inner"))
    assert (says(prepared.base), says(prepared.head)) == ("9", "9")


@pytest.mark.thorough(
    "test_a_project_in_a_folder_of_its_repository_is_built_from_there",
    "unit/test_gate_proof.py::test_a_file_that_both_builds_have_from_elsewhere_is_refused",
)
def test_a_build_of_another_folder_than_the_commits_is_no_pass(site: Site) -> None:
    # A copy for each side, because both build at the same time.
    copy = (
        'python -c "import shutil; '
        f"shutil.copytree(r'{site.folder}', r'{{env_dir}}/elsewhere', "
        "ignore=shutil.ignore_patterns('.*'))\""
    )
    there = f"in-dir={{env_dir}}/elsewhere {tiny_project.WHEEL}"
    with pytest.raises(MeasurementError, match=r"tiny/__init__.py .* build_command"):
        site.prepare(BASE, HEAD, site.configure(build_command=[copy, there]))
