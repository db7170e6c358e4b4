"""A checkout in which nothing can be built."""

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from hotloop.base.errors import HotloopError
from hotloop.gate.preparation import preparing
from hotloop.gate.source import tree
from tests import tiny_project


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_checkout_that_is_read_only_is_one_sentence_with_a_remedy(
    tmp_path: Path, number: int
) -> None:
    tiny_project.git(tmp_path, "init", "--quiet")

    def refused() -> NoReturn:
        raise OSError(number, os.strerror(number), str(tmp_path / ".hotloop/gate/mirror.git"))

    with (
        pytest.raises(HotloopError, match=r"cannot build in .*: run it in a clone of the repo"),
        preparing(tree.load(tmp_path), refused),
    ):
        pass
