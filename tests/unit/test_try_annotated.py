"""What annotations mypyc gets, before it is asked."""

from typing import Any

from hotloop.techniques.inside.annotated import annotated

AN_INT = {"types": {"int": 1}, "annotation": None}
# Of one call of f with an int, which returned another.
SEEN: dict[str, Any] = {
    "functions": {"f": {"names": {"n": AN_INT}, "returns": {"": AN_INT}}},
    "classes": {},
}
PLAIN = "def f(n):\n    return n + 1\n"
WRITTEN = "def f(n: int) -> int:\n    return n + 1\n"


def test_what_was_seen_is_written_and_what_its_author_wrote_stays() -> None:
    assert annotated(PLAIN, SEEN) == (WRITTEN, 2)
    assert annotated(WRITTEN, SEEN) == (WRITTEN, 2)
    # Of other types than were seen.
    floats = WRITTEN.replace("int", "float")
    assert annotated(floats, SEEN) == (floats, 2)


def test_a_function_without_a_type_that_has_a_name_gets_no_annotation() -> None:
    several = {"n": {"types": {"int": 1, "str": 1}, "annotation": None}}
    seen = {"functions": {"f": {"names": several, "returns": {}}}, "classes": {}}
    assert annotated(PLAIN, seen) == (PLAIN, 0)
    assert annotated(PLAIN, SEEN, ["f"]) == (PLAIN, 0)
