"""Whose answers differ: every answer against the reference's, by bytes first, else by the judge."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotloop.compare.assistant import Assistant
from hotloop.compare.rule import Rule
from hotloop.compare.summary import UNCOMPARED, listed
from hotloop.compare.summary import said as said_of
from hotloop.timing.children import Lost
from hotloop.timing.record import Failure, Stage


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in a file; equal digests are equal answers."""

    path: Path
    digest: str


@dataclass(slots=True)
class Answers:
    """Keeps the different answers that workers leave, each once."""

    folder: Path

    def read(self, left: Path) -> Answer:
        """Take the file that a worker left."""
        digest_file = left.with_name(f"{left.name}.digest")
        digest = digest_file.read_text()
        kept = self.folder / f"{digest}.answer"
        if digest and not kept.exists():
            shutil.move(left, kept)
        return Answer(kept, digest)


@dataclass(slots=True)
class Checker:
    """Compares all answers with the first contender's that gave one: the reference.

    ``input_differs``: asks whether two calls of ``problem()`` give different inputs.
    """

    rule: Rule
    assistant: Assistant
    problem: Mapping[str, Any]
    reference: str = ""
    expected: Answer | None = None
    verdicts: dict[str, str | Failure | None] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)
    input_differs: str | None = None

    def next_input(self) -> None:
        """Forget the answers to the input before; the reference stays who it was."""
        self.expected = None
        self.verdicts.clear()

    def judge(self, answers: Mapping[str, object]) -> dict[str, str | Failure]:
        """Why the wrong ones are wrong, by name; a Failure for one that could not be compared."""
        wrong: dict[str, str] = {}
        unknown: dict[str, Failure] = {}
        for name, answer in answers.items():
            assert isinstance(answer, Answer)
            self.reference = self.reference or name
            if self.expected is None:
                # With the reference out of the race, the next one that answers takes its place.
                self.expected = answer
            if self.rule.is_none:
                continue
            said = self._differs(name, answer)
            if isinstance(said, Failure):
                unknown[name] = said
                continue
            self.compared.add(name)
            if said is not None:
                wrong[name] = said
        self.wrong.update(wrong)
        return {**wrong, **unknown}

    def _differs(self, name: str, answer: Answer) -> str | Failure | None:
        assert self.expected is not None
        if answer.digest == self.expected.digest and self.rule.source is None:
            return None
        if answer.digest not in self.verdicts:
            self.verdicts[answer.digest] = self._ask(name, answer)
        said = self.verdicts[answer.digest]
        if said is None or isinstance(said, Failure):
            return said
        if name == self.reference:
            return f"its answers differ from call to call: {said}{self._because_of_the_input()}"
        return f"not equal to {self.reference}: {said}{self._because_of_the_input()}"

    def _ask(self, name: str, answer: Answer) -> str | Failure | None:
        assert self.expected is not None
        reply = self.assistant.ask(
            "compare",
            expected=str(self.expected.path),
            actual=str(answer.path),
            check=self.rule.described(),
        )
        if isinstance(reply, Lost):
            why = said_of(reply.error, reply.message)
            return Failure(Stage.CHECK, UNCOMPARED, f"the answers could not be compared: {why}")
        if reply["types"] is not None and reply["difference"] is None and name != self.reference:
            place, kinds = reply["types"]
            self.types.setdefault(name, f"{kinds}{' at ' + place if place else ''}")
        difference = reply["difference"]
        return None if difference is None else str(difference)

    def _because_of_the_input(self) -> str:
        if self.input_differs is None:
            reply = self.assistant.ask("repeats", **self.problem)
            said = None if isinstance(reply, Lost) else reply
            self.input_differs = (
                f"; but problem() gives another input at each call ({said}): seed its generator"
                if said
                else ""
            )
        return self.input_differs

    def sentence(self) -> str:
        """How the check went, for those that were compared."""
        if self.rule.is_none:
            return "answers not checked (--check none)"
        others = [name for name in self.compared if name != self.reference]
        if not self.compared:
            return "nothing could be compared"
        how = {"equal": "", "exact": ", types and orders too"}.get(
            self.rule.name, f" ({self.rule.name})"
        )
        if self.reference in self.wrong:
            return f"{self.reference} gives another answer at each call: nothing can equal it"
        if self.wrong:
            names = listed(list(self.wrong))
            return f"not equal to {self.reference} on this input: {names}"
        if not others:
            return f"{self.reference} gives the same answer in every process"
        return f"all equal {self.reference} on this input{how}"

    def remarks(self) -> list[str]:
        """Equal values of differing types, which Python calls equal."""
        return [
            f"equal, but of another type: {name} gives {kinds}"
            for name, kinds in self.types.items()
        ]
