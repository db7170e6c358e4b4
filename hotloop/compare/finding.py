"""From the words of the command line to contenders with an input, with the judge's help."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hotloop.base.errors import UsageError
from hotloop.compare.assistant import Assistant
from hotloop.compare.contenders import Entrant, Input, Source, named, not_loaded
from hotloop.compare.extension import compiled
from hotloop.compare.options import Options
from hotloop.compare.run import HUNG_S, asked
from hotloop.compare.summary import said
from hotloop.timing.children import Lost

ADVICE = (
    "add a function problem() that returns the arguments, as in  def problem(): return "
    "list(range(1000)),  or give --args 'list(range(1000)),'"
)


def compile_all(options: Options) -> tuple[Options, dict[Source, str]]:
    """The options with every ``.pyx`` compiled, and why one could not be."""
    made: dict[Source, Source] = {}
    failed: dict[Source, str] = {}
    # Once, however many functions of a file are named.
    for file in dict.fromkeys(source.whole for source in options.sources):
        try:
            made[file] = compiled(file)
        except UsageError as error:
            made[file], failed[file] = file, str(error)
    sources = [replace(s, extension=made[s.whole].extension) for s in options.sources]
    broken = {s: failed[s.whole] for s in options.sources if s.whole in failed}
    return replace(options, sources=tuple(sources)), broken


def find(
    options: Options, assistant: Assistant, seed: int, broken: Mapping[Source, str]
) -> tuple[tuple[Entrant, ...], Input, tuple[str, ...]]:
    """The contenders in the order of the words, their input, and who was left out.

    Raises UsageError if there is nothing to compare.
    """
    smallest = options.sizes[0] if options.sizes else None
    limit_s = max(options.patience_s, HUNG_S)
    home, unloaded = _home(options, assistant, limit_s)
    given = Input(options.setup, options.args, home, options.size_name, smallest)
    found: list[Source] = []
    left_out: list[str] = []
    lost = {source: Lost("NoInput", why) for source, why in broken.items()}
    # What names a function may be loaded by an interpreter of its own.
    lost |= {s: unloaded[s] for s in options.sources if s in unloaded and s not in lost}
    for source in options.sources:
        if source in lost or source.statement is not None or source.function is not None:
            found.append(source)
            continue
        names = _functions(source, given, assistant, seed, limit_s)
        if isinstance(names, Lost):
            found.append(source)
            lost[source] = names
        else:
            taken, others = names
            found += [replace(source, function=name) for name in taken]
            left_out += others
    if len(lost) == len(found):
        ((source, reason), *_) = lost.items()
        why = said(reason.error, reason.message)
        raise UsageError(why if source in broken else f"{source.code}: {why}")
    return (
        tuple(
            replace(e, failure=not_loaded(lost[e.source].error, lost[e.source].message))
            if e.source in lost
            else e
            for e in named(found)
        ),
        given,
        tuple(
            [f"left out, because they do not take the input: {', '.join(left_out)}"]
            if left_out
            else []
        ),
    )


def label(given: Input, sources: Sequence[Source]) -> str:
    """Where the input comes from, in a few words."""
    if all(source.statement is not None for source in sources):
        return given.setup.replace("\n", "; ") or "no set-up"
    if given.args is not None:
        return f"input {given.args}"
    return "no input" if given.home is None else f"input of problem() in {given.home.code}"


def _home(
    options: Options, assistant: Assistant, limit_s: float
) -> tuple[Source | None, dict[Source, Lost]]:
    """The first file or module that has problem(), and why those before it cannot be loaded.

    None if --args says what the input is, or none has it.
    """
    unloaded: dict[Source, Lost] = {}
    if options.args is not None:
        return None, unloaded
    for source in dict.fromkeys(s.whole for s in options.sources):
        if source.statement is None:
            has = assistant.ask("has_problem", limit_s, source=source.described())
            if has is True:
                return source, unloaded
            if isinstance(has, Lost):
                unloaded[source] = has
    return None, unloaded


def _functions(
    source: Source, given: Input, assistant: Assistant, seed: int, limit_s: float
) -> tuple[list[str], list[str]] | Lost:
    """The functions of a file that take the input, and those that do not."""
    reply = assistant.ask("functions", limit_s, source=source.described(), **asked(given, seed))
    if isinstance(reply, Lost):
        return reply
    if reply["functions"]:
        taken = list(reply["functions"])
        return taken, [name for name in reply["all"] if name not in taken]
    if not reply["all"]:
        return Lost("NoInput", "it defines no function")
    if reply["has_input"]:
        names = ", ".join(reply["all"])
        return Lost("NoInput", f"none of its functions takes the input: {names}")
    return Lost("NoInput", f"it has no input for {', '.join(reply['all'])}: {ADVICE}")
