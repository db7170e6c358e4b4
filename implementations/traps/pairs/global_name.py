"""A global in a hot loop.

A local variable is a place in the frame; a global is a look-up in a dictionary to read it, and an
entry of that dictionary to write it, at every turn. Code at the top of a script has only globals.
"""

import dis
from collections.abc import Callable

TELLS = "accesses of a global in the loop"

total = 0


def problem() -> tuple[int]:
    return (3000,)


def told(function: Callable[..., object]) -> int:
    """Those between the head of the loop and its end."""
    code = list(dis.get_instructions(function))
    ops = [instruction.opname for instruction in code]
    inside = ops[ops.index("FOR_ITER") : len(ops) - ops[::-1].index("JUMP_BACKWARD")]
    return sum(op in ("LOAD_GLOBAL", "STORE_GLOBAL") for op in inside)


def looks_right(turns: int) -> int:
    global total
    total = 0
    for i in range(turns):
        total = total + (i ^ total) % 7
    return total


def is_right(turns: int) -> int:
    subtotal = 0
    for i in range(turns):
        subtotal = subtotal + (i ^ subtotal) % 7
    return subtotal
