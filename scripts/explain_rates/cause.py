"""What a made cause is, and the edits that several of them are made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
TOP = "<module>"
Culprit = tuple[str, str]
"""A file and a function in it that may be named."""
Edit = tuple[str, str, str]
"""A file, a text in it, and what takes its place."""
Edits = Callable[[int], Sequence[Edit]]
"""The edits of each strength."""
FUNCTION, METHOD = 4, 8
"""How far the body of one is indented."""


@dataclass(frozen=True, slots=True)
class Cause:
    """``edits`` of a ``project``. ``culprits``: empty where none may be named.

    ``is_spread``: no single one is to blame, so that naming any of them, or all, is right.
    ``differs``: the file to blame, if it is no code: it is to be told, and nothing named.
    """

    words: str
    project: str
    edits: Edits
    culprits: frozenset[Culprit] = frozenset()
    strengths: Sequence[int] = (1,)
    is_spread: bool = False
    differs: str | None = None

    @property
    def is_control(self) -> bool:
        return not self.culprits and self.differs is None

    def base(self) -> dict[str, str]:
        """The project's files, by their paths."""
        return {
            path.relative_to(TEMPLATES).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted((TEMPLATES / self.project).rglob("*.*"))
            if path.suffix in (".py", ".txt")
        }

    def head(self, strength: int) -> dict[str, str]:
        """The files with the edits. Raises ValueError where a text is not there once."""
        files = self.base()
        for path, old, new in self.edits(strength):
            # A file that base lacks is empty.
            text = files.get(path, "")
            times = text.count(old)
            if times != 1:
                raise ValueError(f"{self.words}: {old!r} is {times} times in {path}")
            files[path] = text.replace(old, new)
        return files


def put(file: str, before: str, lines: Sequence[str], indent: int = FUNCTION) -> Edit:
    """Lines before another, which begins with ``before``."""
    return (file, before, f"\n{indent * ' '}".join([*lines, before]))


def looped(file: str, before: str, indent: int = FUNCTION) -> Edits:
    """A loop that does nothing, as often as the strength says."""
    return lambda strength: [
        put(file, before, [f"for _ in range({strength}):", "    pass"], indent)
    ]


def repeated(file: str, before: str, line: str, indent: int = FUNCTION) -> Edits:
    """A line, as often as the strength says."""
    return lambda strength: [put(file, before, [line] * strength, indent)]


def everywhere(places: Sequence[tuple[str, str, int]]) -> Edits:
    """Steps that do nothing, as many as the strength says, at each place."""
    return lambda strength: [
        put(file, before, ["_ = ()"] * strength, indent) for file, before, indent in places
    ]
