import sys
from pathlib import Path

import pytest

from implementations import registry
from implementations.others.compiled import compiled, find_compiler
from implementations.registry import COMPILER, OTHERS, Unavailable, get, load

COUNT = "import pathlib; log = pathlib.Path({log!r}); log.write_text(log.read_text() + 'x'); "
COPY = "pathlib.Path('product').write_bytes(pathlib.Path('source.txt').read_bytes())"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLOOP_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "source.txt"
    path.write_text("first", encoding="utf-8")
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_text("", encoding="utf-8")
    return path


def command(log: Path) -> list[str]:
    return [sys.executable, "-c", COUNT.format(log=str(log)) + COPY]


def test_a_source_is_compiled_once_and_its_product_kept(source: Path, log: Path) -> None:
    product = compiled(source, "product", command(log), "1.0")
    assert compiled(source, "product", command(log), "1.0") == product
    assert product.read_text(encoding="utf-8") == "first"
    assert log.read_text(encoding="utf-8") == "x"
    # And nothing else is left in the cache.
    assert [path.name for path in product.parent.iterdir()] == ["product"]
    assert list(product.parent.parent.iterdir()) == [product.parent]


def test_another_source_version_or_setting_is_compiled_anew(source: Path, log: Path) -> None:
    products = {compiled(source, "product", command(log), "1.0")}
    products.add(compiled(source, "product", command(log), "1.1"))
    products.add(compiled(source, "product", command(log), "1.1", {"CFLAGS": "-O1"}))
    source.write_text("second", encoding="utf-8")
    last = compiled(source, "product", command(log), "1.1")
    assert last.read_text(encoding="utf-8") == "second"
    assert len(products | {last}) == len(log.read_text(encoding="utf-8")) == 4


def test_what_does_not_compile_is_unavailable_with_the_compilers_words(source: Path) -> None:
    complain = [sys.executable, "-c", "import sys; sys.exit('error: no such\\n  thing')"]
    with pytest.raises(Unavailable, match=r"ended with code 1: error: no such thing$"):
        compiled(source, "product", complain, "1.0")


def test_a_cache_that_cannot_be_written_is_named(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLOOP_CACHE", str(source))
    with pytest.raises(Unavailable, match=r"source\.txt cannot be .*; set HOTLOOP_CACHE"):
        compiled(source, "product", [sys.executable, "-c", ""], "1.0")


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -pthread")
    with pytest.raises(Unavailable, match=r"no C compiler \(no-such-compiler\): install gcc or"):
        find_compiler("CC", "C", "cc")


@pytest.mark.parametrize("name", [v.name for v in OTHERS if COMPILER in v.needs])
def test_a_peer_without_its_compiler_is_unavailable(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = registry._loaded
    try:
        build = module(get(name)).build
    except Unavailable as reason:
        pytest.skip(str(reason))
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setenv("CXX", "no-such-compiler")
    build.cache_clear()
    try:
        with pytest.raises(Unavailable, match="install gcc or clang, or set C"):
            load(name)
    finally:
        build.cache_clear()


def test_a_peer_without_its_package_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    for name, distribution in (("mypyc", "mypy"), ("pythran", "pythran")):
        monkeypatch.delitem(sys.modules, get(name).module, raising=False)
        with pytest.raises(Unavailable, match=f"^{distribution} is not installed: pip install"):
            load(name)
