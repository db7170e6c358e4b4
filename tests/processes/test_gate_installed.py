"""What is installed is the commit: wheels, checkouts and what pip left there, really installed."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate.build.proof import of_the_checkout
from hotloop.gate.build.wheels import Folders
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


@dataclass(frozen=True)
class Found:
    """Builds, the same found again with another content, and where head's package is."""

    built: Prepared
    again: Prepared
    package: Path


@pytest.fixture(scope="module")
def found(site: Site) -> Found:
    """By a configuration that wants no wheels to be kept."""
    config = site.configure(build_cache_size=0)
    built = site.prepare(BASE, HEAD, config)
    package = library(built.head) / "tiny"
    (package / "__init__.py").write_text("def answer():\n    return 7\n", encoding="utf-8")
    (package / "gone_since.py").touch()
    for wheel in site.gate.glob("[ab]/*/asv-build-cache/*/*.whl"):
        # What the manifest is for.
        wheel.unlink()
    return Found(built, site.prepare(BASE, HEAD, config), package)


@pytest.fixture(scope="module")
def lazily(site: Site, found: Found) -> Prepared:
    """Both commits installed where the other one is."""
    assert found.again.unproved == ()
    return site.prepare(HEAD, BASE, site.configure(install_command=[LAZY]))


def by_pip(site: Site) -> Prepared:
    """The same, as most projects do."""
    site.prepare(BASE, HEAD)
    return site.prepare(HEAD, BASE, site.configure(install_command=[PIP]))


def test_a_found_build_is_compared_with_its_wheel_as_well(found: Found) -> None:
    assert (says(found.again.head), found.again.unproved) == ("2", ())
    assert not (found.package / "gone_since.py").exists()


def test_a_wheel_is_kept_as_long_as_it_is_compared(found: Found) -> None:
    assert found.built.unproved == ()


@pytest.mark.thorough(
    "test_a_found_build_is_compared_with_its_wheel_as_well",
    "unit/test_gate_proof.py::"
    "test_what_is_left_of_another_commit_is_uninstalled_and_installed_again",
)
@pytest.mark.parametrize("install", [LAZY, PIP], ids=["", "pip"])
def test_what_pip_left_from_another_commit_is_replaced(
    site: Site, lazily: Prepared, install: str
) -> None:
    prepared = lazily if install == LAZY else by_pip(site)
    assert (says(prepared.base), says(prepared.head)) == ("2", "1")
    assert prepared.unproved == ()


@pytest.mark.thorough(
    "test_a_found_build_is_compared_with_its_wheel_as_well",
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


@pytest.mark.thorough(
    "test_an_install_from_the_folder_is_compared_with_the_checkout",
    "test_what_is_installed_from_a_checkout_that_has_changed_is_a_doubt",
    "test_an_editable_install_may_keep_what_it_compiled_elsewhere",
)
@pytest.mark.parametrize(
    "editable", [tiny_project.EDITABLE, tiny_project.PIP_EDITABLE], ids=["", "pip"]
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
    checkout, folders = installed(tmp_path, {"tiny/_fast.so": "", "_redirect.py": ""}, True)
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
    assert proved == Proof(("tiny",), (str(checkout), str(tmp_path / "library/tiny")), None)


@pytest.mark.parametrize("editable", [True, False])
def test_what_is_installed_from_a_checkout_that_has_changed_is_a_doubt(
    editable: bool, tmp_path: Path
) -> None:
    checkout, folders = installed(
        tmp_path, {} if editable else {"tiny/__init__.py": "VALUE = 1\n"}, editable
    )
    commit = tiny_project.git(checkout, "rev-parse", "HEAD")
    proof = of_the_checkout(checkout, checkout, commit, folders)
    root = checkout if editable else tmp_path / "library"
    assert (proof.names, proof.roots[0], proof.doubt) == (("tiny",), str(root), None)
    place = root / "tiny/__init__.py"
    place.write_text("VALUE = 2\n", encoding="utf-8")
    doubt = of_the_checkout(checkout, checkout, commit, folders).doubt
    assert "tiny/__init__.py" in (doubt or "")


def installed(folder: Path, files: Mapping[str, str], editable: bool) -> tuple[Path, Folders]:
    """A checkout of a package, and folders in which ``files`` are installed from there."""
    checkout, library = folder / "checkout", folder / "library"
    checkout.mkdir()
    tiny_project.git(checkout, "init", "--quiet")
    tiny_project.commit(checkout, "first", {"tiny/__init__.py": "VALUE = 1\n"})
    source = {"url": checkout.as_uri(), "dir_info": {"editable": True} if editable else {}}
    notes = {
        "METADATA": "Name: tiny\nVersion: 0\n",
        "direct_url.json": json.dumps(source),
        "RECORD": "".join(f"{name},,\n" for name in files),
    }
    notes = {f"tiny-0.dist-info/{name}": text for name, text in notes.items()}
    tiny_project.write(library, {**files, **notes})
    return checkout, {"purelib": str(library), "platlib": str(library)}


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
