"""The memory layout of the processes that are compared: the same for all of a set, then another.

A process keeps the luck of its memory layout for life. Equal code in two processes
differed by 1-2 % here with the system's address randomisation, and by 0.1-0.5 % with the
same layout. (Mytkowicz et al. 2009 show how large the effect can be, Curtsinger and Berger
2013 why the layout must be drawn again rather than fixed.) So the processes of a set (in the gate,
of a pair) start with the same layout, drawn at random for each set: it is noise that averages out.
It moves whole pages of code; within a page the build decides.

Linux only, and only if personality(2) is allowed and the stack's hard limit leaves room.
Otherwise the system randomises each process by itself.
"""

import contextlib
import ctypes
import random
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# personality(2): return the present value; no randomised addresses.
ASK_PERSONALITY = 0xFFFFFFFF
ADDR_NO_RANDOMIZE = 0x0040000
# Linux keeps the larger of 128 MiB and the stack's soft limit free above the first
# mapping, so limits beyond that move every mapping, by pages; from Linux 6.7 on it moves files of
# 2 MiB and more, such as the interpreter, by huge pages, here as everywhere. A span of 64 MiB
# varies all other address bits that index caches. Larger limits would only cost address space,
# because each thread's stack is as large as the limit.
LOWEST_STACK_BYTES = 136 << 20
STACK_SPAN_BYTES = 64 << 20
PAGE_BYTES = 4096
# Moves the contents of the stack within its page, and the heap's next blocks likewise
# (aligned to 16 bytes). Smaller than what malloc maps separately.
PADDING_SPAN_BYTES = 4096
HEAP_SPAN_BYTES = 64 << 10
HASH_SEEDS = 1 << 32
UNEQUAL = (
    "this system does not let two processes lie alike in memory (personality is refused, or "
    "the stack's hard limit is low)"
)
HASH_SEED = "PYTHONHASHSEED"
# Its value moves the stack.
PADDING_VARIABLE = "HOTLOOP_PADDING"
# The stack limit belongs to the whole process, so one thread at a time starts children.
_STARTING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Layout:
    """What determines where a process's memory is; all processes of a set get the same."""

    stack_bytes: int
    padding_bytes: int
    heap_bytes: int
    hash_seed: int


def draw_layout(chance: random.Random) -> Layout:
    """A new layout; the same ``chance`` gives the same one."""
    return Layout(
        stack_bytes=LOWEST_STACK_BYTES + chance.randrange(0, STACK_SPAN_BYTES, PAGE_BYTES),
        padding_bytes=chance.randrange(PADDING_SPAN_BYTES),
        heap_bytes=chance.randrange(HEAP_SPAN_BYTES),
        hash_seed=chance.randrange(HASH_SEEDS),
    )


def can_be_equal() -> bool:
    """Whether this system lets two processes have the same layout, and lets us choose it."""
    if not sys.platform.startswith("linux"):
        return False
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if hard != resource.RLIM_INFINITY and hard < LOWEST_STACK_BYTES + STACK_SPAN_BYTES:
        return False
    present = _personality(ASK_PERSONALITY)
    if _personality(present | ADDR_NO_RANDOMIZE) < 0:
        return False
    _personality(present)
    return True


def unequal_doubts() -> tuple[str, ...]:
    """What to say of factors where the processes of a set do not lie alike; else nothing."""
    return () if can_be_equal() else (f"{UNEQUAL}: equal code may differ by 2 % in a set",)


@contextlib.contextmanager
def children_lie_at(layout: Layout) -> Iterator[None]:
    """Start processes inside: they inherit the layout, which hardly affects this thread."""
    import resource

    with _STARTING:
        soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
        present = _personality(ASK_PERSONALITY)
        _personality(present | ADDR_NO_RANDOMIZE)
        resource.setrlimit(resource.RLIMIT_STACK, (layout.stack_bytes, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))
            _personality(present)


def stack_limit() -> int:
    """The bytes that this process's stack may take; -1: any number.

    Children that lie alike were started with more, in which endless recursion in C would fill
    memory before it ends. They are to set this limit themselves: set from outside, at once after
    the start, the system puts back the one that they were started with, half of the time.
    """
    import resource

    return resource.getrlimit(resource.RLIMIT_STACK)[0]


def hash_seed(variables: Mapping[str, str]) -> str | None:
    """The seed that the configuration or the shell gives to all processes; None: any."""
    seed = variables.get(HASH_SEED, "")
    return None if seed in ("", "random") else seed


def environments(
    layout: Layout, started: Sequence[tuple[Sequence[str], Mapping[str, str]]]
) -> list[dict[str, str]]:
    """The environment of each process, from its command line and the one that it would have.

    Padded, so that all take the same space on the stack, and with the layout's hash seed where
    none was asked for. Arguments that the command lines lack must be equally long in all.
    """
    made = []
    for _, variables in started:
        seed = hash_seed(variables) or str(layout.hash_seed)
        made.append({**variables, HASH_SEED: seed})
    taken = [
        # The system puts the program's own path there once more.
        stack_bytes_taken((command[0], *command), variables)
        for (command, _), variables in zip(started, made, strict=True)
    ]
    for bytes_taken, variables in zip(taken, made, strict=True):
        padding_bytes = layout.padding_bytes + max(taken) - bytes_taken
        variables[PADDING_VARIABLE] = "." * padding_bytes
    return made


def stack_bytes_taken(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """The bytes that a command line and an environment take on a new process's stack."""
    pointer_and_end = ctypes.sizeof(ctypes.c_void_p) + 1
    texts = [*command, *(f"{name}={value}" for name, value in variables.items())]
    return sum(len(text.encode(errors="surrogateescape")) + pointer_and_end for text in texts)


def _personality(persona: int) -> int:
    return int(ctypes.CDLL(None).personality(ctypes.c_ulong(persona)))
