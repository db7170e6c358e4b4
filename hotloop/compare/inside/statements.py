"""Statements as ``timeit`` takes them: set-up once, the statement in a compiled loop."""

from __future__ import annotations

from hotloop.compare.inside.loading import look_here_too

# What only annotations need is not imported: see ``loading``.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

TEMPLATE = """
def _hotloop_loop(_hotloop_calls, _hotloop_clock):
    _hotloop_answer = None
    _hotloop_start = _hotloop_clock()
    for _hotloop_turn in range(_hotloop_calls):
        pass
    return _hotloop_clock() - _hotloop_start, _hotloop_answer
"""


def namespace(setup: str, base: dict[str, Any]) -> dict[str, Any]:
    """The names that the set-up leaves, beside those of ``base``."""
    look_here_too()
    scope = {"__name__": "__hotloop__", "__builtins__": __builtins__, **base}
    exec(compile(setup, "--setup", "exec"), scope)
    return scope


def loop(
    statement: str, scope: dict[str, Any], clock: Callable[[], int]
) -> Callable[[int], tuple[int, object]]:
    """A function that runs the statement so many times: its nanoseconds and the last value.

    The value is that of the statement if it is an expression, else of its last line if that is
    one, else None. The names of ``scope`` that it uses are the loop's own, as in timeit, so that
    they are found as fast and may be assigned to. Raises SyntaxError.
    """
    import ast

    body = ast.parse(statement, "statement").body
    used = {node.id for part in body for node in ast.walk(part) if isinstance(node, ast.Name)}
    own = sorted(used & scope.keys())
    if body and isinstance(body[-1], ast.Expr):
        last = ast.Assign([ast.Name("_hotloop_answer", ast.Store())], body[-1].value)
        body[-1] = ast.copy_location(last, body[-1])
    tree = ast.parse(TEMPLATE)
    function: Any = tree.body[0]
    function.args.args += [ast.arg(name) for name in own]
    repeated: Any = function.body[2]
    repeated.body = body or repeated.body
    ast.fix_missing_locations(tree)
    exec(compile(tree, "statement", "exec"), scope)
    run = scope.pop("_hotloop_loop")
    values = [scope[name] for name in own]
    return lambda calls: run(calls, clock, *values)
