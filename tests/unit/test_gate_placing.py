"""Both sides' functions and variables get the same places, other ones in every layout."""

import random

import pytest

from hotloop.gate.build import placing
from hotloop.gate.build.elf import ALLOCATED, EXECUTABLE, MERGED, Section
from hotloop.gate.build.placing import LINE_BYTES, STEP_BYTES, NotPlaceable, Pieces, Slots

CODE, DATA = ALLOCATED | EXECUTABLE, ALLOCATED
DEFAULT = """\
SECTIONS
{
  .plt            : { *(.plt) }
  .text           :
  {
    *(.text .text.*)
  }
  .rodata         : { *(.rodata .rodata.*) }
  .data           :
  {
    *(.data .data.*)
  }
  .bss            :
  {
   *(.bss .bss.*)
  }
}
"""


def code(name: str, size_bytes: int = 100, alignment: int = 16) -> Section:
    return Section(f".text.{name}", CODE, size_bytes, alignment)


def side(*sections: Section) -> Pieces:
    return placing.pieces([("0.o", sections)])


BASE = side(code("a"), code("b", 40), code("c", 7), Section(".rodata.t", DATA, 30, 8))
HEAD = side(code("new", 50), code("c", 9), code("a"), code("b", 90), Section(".bss.n", DATA, 4, 4))


def starts(placed: dict[str, Slots]) -> dict[str, int]:
    return {name: at for part in placed.values() for (name, _), at in part.starts.items()}


@pytest.mark.parametrize("seed", range(20))
def test_nothing_overlaps_on_either_side_and_all_is_aligned(seed: int) -> None:
    placed = placing.slots(BASE, HEAD, random.Random(seed))
    for one in (BASE, HEAD):
        for part in placed.values():
            keys = sorted(part.starts.keys() & one.keys(), key=lambda key: part.starts[key])
            ends = [part.starts[key] + one[key].section.size_bytes for key in keys]
            following = [*[part.starts[key] for key in keys], part.end][1:]
            assert all(end <= start for end, start in zip(ends, following, strict=False))
            assert max(ends, default=0) <= part.end
            assert all(part.starts[key] % one[key].section.alignment == 0 for key in keys)


def test_what_both_have_comes_before_what_one_has() -> None:
    text = placing.slots(BASE, HEAD, random.Random(1))[".text"].starts
    assert max(text, key=lambda key: text[key]) == (".text.new", 0)


def test_each_layout_is_another_and_a_seed_repeats_it() -> None:
    drawn = [starts(placing.slots(BASE, HEAD, random.Random(seed))) for seed in range(50)]
    assert drawn[3] == starts(placing.slots(BASE, HEAD, random.Random(3)))
    for name in (".text.a", ".text.b", ".text.c"):
        assert {layout[name] % LINE_BYTES for layout in drawn} == set(
            range(0, LINE_BYTES, STEP_BYTES)
        )
    orders = {
        tuple(sorted((".text.a", ".text.b", ".text.c"), key=lambda name: layout[name]))
        for layout in drawn
    }
    assert len(orders) == 6


def test_a_change_of_one_function_moves_no_other() -> None:
    longer = side(code("a"), code("b", 40), code("c", 5000))
    shorter = side(code("a"), code("b", 40), code("c", 7))
    for seed in range(10):
        assert starts(placing.slots(shorter, longer, random.Random(seed))) == starts(
            placing.slots(longer, shorter, random.Random(seed))
        )


def test_static_functions_of_one_name_are_told_apart_by_their_order() -> None:
    twice = placing.pieces([("0.o", [code("f")]), ("1.o", [code("f", 60)])])
    assert {key: piece.file for key, piece in twice.items()} == {
        (".text.f", 0): "0.o",
        (".text.f", 1): "1.o",
    }


@pytest.mark.parametrize(
    "section",
    [
        Section(".text.empty", CODE, 0, 1),
        Section(".rodata.str1.1", DATA | MERGED, 10, 1),
        Section(".data.rel.ro.local", DATA, 10, 8),
        Section(".debug_info", 0, 10, 1),
        Section(".textual", CODE, 10, 1),
    ],
)
def test_what_the_linker_merges_or_puts_elsewhere_is_left_to_it(section: Section) -> None:
    assert not side(section)


def test_the_script_has_each_sides_own_pieces_and_one_length() -> None:
    placed = placing.slots(BASE, HEAD, random.Random(5))
    base, head = (placing.script(DEFAULT, one, placed) for one in (BASE, HEAD))
    assert '"0.o"(".text.new")' in head
    assert ".text.new" not in base
    for text in (base, head):
        assert f". = {placed['.text'].end:#x};\n    *(.text .text.*)" in text.replace("\n\n", "\n")
        at = starts(placed)[".text.a"]
        assert f'. = {at:#x};\n    "0.o"(".text.a")' in text


def test_a_script_without_a_place_for_code_is_refused() -> None:
    placed = placing.slots(BASE, HEAD, random.Random(5))
    with pytest.raises(NotPlaceable, match=r"no part \.text"):
        placing.script("SECTIONS { .code : { *(.text) } }", BASE, placed)
