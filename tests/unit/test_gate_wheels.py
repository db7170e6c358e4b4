"""What a wheel holds, and what of it is installed: small wheels and folders, made by hand."""

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from hotloop.base.decoding import decode, encode
from hotloop.gate.build import wheels
from hotloop.gate.build.wheels import Manifest

PURE = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
IMPURE = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\n"
FILES = {
    "tiny/__init__.py": "def answer(): return 1\n",
    "tiny/data.json": "{}",
    "tiny-1.data/scripts/tiny": "#!python\nprint(1)\n",
    "tiny-1.data/headers/tiny.h": "",
    "tiny-1.data/data/share/tiny.txt": "words",
}


def make(folder: Path, files: Mapping[str, str] = FILES, tags: str = PURE) -> Path:
    path = folder / "tiny-1-py3-none-any.whl"
    info = {"METADATA": "Name: Tiny.One\nVersion: 1\n", "WHEEL": tags, "RECORD": ""}
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
        for name, content in info.items():
            wheel.writestr(f"tiny-1.dist-info/{name}", content)
    return path


def install(wheel: Path, root: Path) -> dict[str, str]:
    """As an installer would; the environment's folders."""
    folders = {
        "purelib": root / "lib/site-packages",
        "platlib": root / "lib64/site-packages",
        "scripts": root / "bin",
        "data": root,
    }
    with zipfile.ZipFile(wheel) as opened:
        for name in opened.namelist():
            place, inside = "purelib", name
            if ".data/" in name:
                place, inside = name.split("/", 2)[1:]
            path = folders.get(place, root / place) / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            content = opened.read(name)
            if place == "scripts":
                content = content.replace(b"#!python", f"#!{root}/bin/python".encode())
            path.write_bytes(content)
    return {name: str(folder) for name, folder in folders.items()}


def installed(
    folder: Path, files: Mapping[str, str] = FILES
) -> tuple[Manifest, dict[str, str], Path]:
    """What the wheel of ``files`` holds, and where it is installed: all folders, its library."""
    wheel = make(folder, files)
    folders = install(wheel, folder / "env")
    return wheels.read_wheel(wheel), folders, Path(folders["purelib"])


def touched(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_what_is_installed_from_the_wheel_is_the_wheels(tmp_path: Path) -> None:
    manifest, folders, _ = installed(tmp_path)
    assert manifest.distribution == "Tiny.One"
    assert wheels.names_of(manifest) == ("tiny",)
    assert wheels.differing(manifest, folders) == []
    assert wheels.strays(manifest, folders) == []
    assert decode(Manifest, json.loads(json.dumps(encode(manifest)))) == manifest


@pytest.mark.parametrize(
    "path", ["lib/site-packages/tiny/__init__.py", "lib/site-packages/tiny/data.json", "bin/tiny"]
)
@pytest.mark.parametrize("content", ["#!/x\nchanged\n", None])
def test_each_file_that_differs_or_is_missing_is_named(
    path: str, content: str | None, tmp_path: Path
) -> None:
    manifest, folders, _ = installed(tmp_path)
    changed = tmp_path / "env" / path
    changed.unlink() if content is None else changed.write_text(content, encoding="utf-8")
    (found,) = wheels.differing(manifest, folders)
    assert path.endswith(found)


def test_what_an_installer_notes_for_itself_is_no_difference(tmp_path: Path) -> None:
    manifest, folders, library = installed(tmp_path)
    info = library / "tiny-1.dist-info"
    for name in ("RECORD", "INSTALLER", "direct_url.json", "REQUESTED"):
        (info / name).write_text("noted", encoding="utf-8")
    assert wheels.differing(manifest, folders) == []


def test_compiled_wheels_lie_in_the_other_library(tmp_path: Path) -> None:
    manifest = wheels.read_wheel(make(tmp_path, tags=IMPURE))
    assert "platlib/tiny/__init__.py" in manifest.files
    assert "scripts/tiny" in manifest.files


@pytest.mark.parametrize(
    "name",
    [
        "tiny/removed.py",  # an earlier commit's module
        "tiny/sub/__init__.py",
        "tiny/__init__.cpython-311-x86_64-linux-gnu.so",  # found before __init__.py
        "tiny.cpython-311-x86_64-linux-gnu.so",
        "tiny/removed.pyc",
    ],
)
def test_what_could_be_imported_and_is_in_no_wheel_is_a_stray(name: str, tmp_path: Path) -> None:
    manifest, folders, library = installed(tmp_path)
    stray = touched(library / name)
    assert wheels.strays(manifest, folders) == [stray]


@pytest.mark.parametrize(
    "name", ["other.py", "tiny_more/__init__.py", "tiny/cache.bin", "tiny/__pycache__/x.pyc"]
)
def test_what_is_not_the_projects_or_not_imported_is_no_stray(name: str, tmp_path: Path) -> None:
    manifest, folders, library = installed(tmp_path)
    touched(library / name)
    assert wheels.strays(manifest, folders) == []


def test_another_distributions_file_in_the_same_package_is_no_stray(tmp_path: Path) -> None:
    manifest, folders, library = installed(tmp_path)
    (library / "tiny" / "plugin.py").touch()
    info = library / "plugin-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: plugin\nVersion: 1\n", encoding="utf-8")
    (info / "RECORD").write_text("tiny/plugin.py,,\n", encoding="utf-8")
    assert wheels.strays(manifest, folders) == []


def test_what_a_killed_uninstallation_leaves_owns_nothing(tmp_path: Path) -> None:
    manifest, folders, library = installed(tmp_path)
    for name in ("gone-1.dist-info", "tiny-0.dist-info"):
        info = library / name
        info.mkdir()
        (info / "RECORD").write_text("tiny/left.py,,\n", encoding="utf-8")
        (info / "direct_url.json").write_text("{}", encoding="utf-8")
    stray = touched(library / "tiny" / "left.py")
    assert wheels.rivals(manifest, folders) == []
    assert wheels.strays(manifest, folders) == [stray]


@pytest.mark.parametrize(
    ("owned", "from_a_file", "rivals"),
    [
        ("tiny/__init__.py", True, ["old-tiny"]),
        ("tiny/__init__.py", False, []),
        ("tiny/plugin.py", True, []),
        ("tiny.py", True, ["old-tiny"]),
    ],
)
def test_what_the_project_was_called_before_is_a_rival(
    owned: str, from_a_file: bool, rivals: list[str], tmp_path: Path
) -> None:
    manifest, folders, library = installed(tmp_path)
    info = library / "old_tiny-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: old-tiny\nVersion: 1\n", encoding="utf-8")
    (info / "RECORD").write_text(f"{owned},,\n", encoding="utf-8")
    (library / owned).touch()
    if from_a_file:
        (info / "direct_url.json").write_text("{}", encoding="utf-8")
    assert wheels.rivals(manifest, folders) == rivals


@pytest.mark.parametrize(
    ("own", "other", "stands_before"),
    [
        ("tiny.py", "tiny/__init__.py", True),
        ("tiny.py", "tiny.abi3.so", True),
        ("tiny/__init__.py", "tiny/__init__.abi3.so", True),
        ("tiny/__init__.py", "tiny.py", False),
        ("tiny.abi3.so", "tiny.py", False),
        ("tiny.py", "tiny/data.py", False),
        ("space/tiny.py", "space/tiny/__init__.py", True),
        ("space/tiny.py", "space/other.py", False),
    ],
)
def test_what_an_import_finds_before_the_wheels_files_is_told(
    own: str, other: str, stands_before: bool, tmp_path: Path
) -> None:
    manifest, folders, library = installed(tmp_path, {own: ""})
    path = touched(library / other)
    found = wheels.shadowing(manifest, folders)
    assert found == ([path] if stands_before else [])


def test_byte_code_from_before_its_source_came_is_not_believed(tmp_path: Path) -> None:
    manifest, folders, library = installed(tmp_path)
    source = library / "tiny" / "__init__.py"
    compiled = touched(source.parent / "__pycache__" / "__init__.cpython-311.pyc")
    after, before = source.stat().st_ctime_ns + 10**9, source.stat().st_ctime_ns - 10**9
    os.utime(compiled, ns=(after, after))
    assert list(wheels.outdated_byte_code(manifest, folders)) == []
    os.utime(compiled, ns=(before, before))
    assert list(wheels.outdated_byte_code(manifest, folders)) == [compiled]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["tiny/__init__.py", "tiny/sub/__init__.py", "tiny/sub/x.py"], ("tiny",)),
        (["tiny.py"], ("tiny",)),
        (["_tiny.cpython-311-x86_64-linux-gnu.so", "tiny/__init__.py"], ("_tiny", "tiny")),
        (["space/tiny/__init__.py", "space/tiny/x.py"], ("space.tiny",)),
        (["space/x.py"], ("space.x",)),
        (["tiny/__init__.py", "tests/__init__.py"], ("tests", "tiny")),
        (["tiny-1.dist-info/x.py", "tiny/data.json", "tiny-2/x.py"], ()),
        (["tiny/__init__.cpython-311-x86_64-linux-gnu.so"], ("tiny",)),
    ],
)
def test_the_names_that_a_wheel_can_be_imported_as(
    paths: list[str], names: tuple[str, ...]
) -> None:
    assert wheels.import_names(paths) == names


@pytest.mark.parametrize("content", [b"", b"PK no zip"])
def test_what_is_no_wheel_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tiny-1-py3-none-any.whl"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no wheel"):
        wheels.read_wheel(path)
