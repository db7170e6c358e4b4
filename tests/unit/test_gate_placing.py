"""Both sides' functions and variables get the same places, other ones in every layout."""

import random

import pytest

from hotloop.gate.build import placing
from hotloop.gate.build.elf import ALLOCATED, MERGED, Section
from hotloop.gate.build.placing import LINE_BYTES, STEP_BYTES, NotPlaceable, Pieces, Slots

EXECUTABLE = 4
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


def starts(placed: dict[str, Slots], of_head: bool = False) -> dict[str, int]:
    """Where each piece of one side is, by its section's name."""
    found = {}
    for part in placed.values():
        for place in part.places:
            key = place.head if of_head else place.base
            if key is not None:
                found[key[0]] = place.start
    return found


@pytest.mark.parametrize("seed", range(20))
def test_nothing_overlaps_on_either_side_and_all_is_aligned(seed: int) -> None:
    placed = placing.slots(BASE, HEAD, random.Random(seed))
    for pieces, of_head in ((BASE, False), (HEAD, True)):
        at = starts(placed, of_head)
        assert at.keys() == {name for name, _ in pieces}
        for part, slots in placed.items():
            own = [p for p in pieces.values() if p.section.name.startswith(f"{part}.")]
            own.sort(key=lambda piece: at[piece.section.name])
            ends = [at[p.section.name] + p.section.size_bytes for p in own]
            following = [*[at[p.section.name] for p in own], slots.end][1:]
            assert all(end <= start for end, start in zip(ends, following, strict=False))
            assert max(ends, default=0) <= slots.end
            assert all(at[p.section.name] % p.section.alignment == 0 for p in own)


@pytest.mark.parametrize("seed", range(20))
def test_what_both_have_is_at_the_same_place_and_before_what_one_has(seed: int) -> None:
    placed = placing.slots(BASE, HEAD, random.Random(seed))
    here, there = starts(placed), starts(placed, of_head=True)
    for name in (".text.a", ".text.b", ".text.c"):
        assert here[name] == there[name] < there[".text.new"]


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


def test_names_that_differ_in_a_number_are_the_same_function() -> None:
    base = side(code("__pyx_pf_4tiny_2sum", 80), code("__pyx_pf_4tiny_4sort", 90))
    head = side(
        code("__pyx_pf_4tiny_2new", 80),
        code("__pyx_pf_4tiny_4sum", 80),
        code("__pyx_pf_4tiny_6sort", 90),
    )
    placed = placing.slots(base, head, random.Random(1))
    here, there = starts(placed), starts(placed, of_head=True)
    assert here[".text.__pyx_pf_4tiny_2sum"] == there[".text.__pyx_pf_4tiny_4sum"]
    assert here[".text.__pyx_pf_4tiny_4sort"] == there[".text.__pyx_pf_4tiny_6sort"]
    assert there[".text.__pyx_pf_4tiny_2new"] not in here.values()


def test_functions_whose_names_have_a_hash_of_the_build_are_paired() -> None:
    one, other = "_ZN4tiny3sum17h{}E", "_ZN4tiny3map17h{}E"
    of_base, of_head = "0a1b2c3d4e5f6071", "deadbeefdeadbeef"
    base = side(code(one.format(of_base), 80), code(other.format(of_base), 80))
    head = side(code(other.format(of_head), 80), code(one.format(of_head), 96))
    placed = placing.slots(base, head, random.Random(1))
    here, there = starts(placed), starts(placed, of_head=True)
    for name in (one, other):
        assert here[f".text.{name.format(of_base)}"] == there[f".text.{name.format(of_head)}"]


def test_of_several_such_the_one_of_the_same_size_is_meant() -> None:
    base = side(code("part.1", 40), code("part.2", 60))
    head = side(code("part.3", 60), code("part.4", 40), code("part.5", 70))
    placed = placing.slots(base, head, random.Random(1))
    here, there = starts(placed), starts(placed, of_head=True)
    assert here[".text.part.1"] == there[".text.part.4"]
    assert here[".text.part.2"] == there[".text.part.3"]


def test_sections_of_one_name_in_one_object_are_one_piece() -> None:
    together = side(code("a", 20), code("a", 10), code("b"))
    assert together[".text.a", 0].section.size_bytes == 42
    assert len(together) == 2


def test_what_has_the_same_content_is_the_same_whatever_its_number() -> None:
    def numbered(number: int, digest: str) -> Section:
        return Section(f".text.f.{number}", CODE, 50, 16, digest)

    base = side(numbered(0, "first"), numbered(1, "second"))
    head = side(numbered(0, "new"), numbered(1, "first"), numbered(2, "second"))
    places = placing.slots(base, head, random.Random(1))[".text"].places
    assert {(each.base, each.head) for each in places} == {
        ((".text.f.0", 0), (".text.f.1", 0)),
        ((".text.f.1", 0), (".text.f.2", 0)),
        (None, (".text.f.0", 0)),
    }


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
        Section(".debug_info", 0, 10, 1),
        Section(".textual", CODE, 10, 1),
    ],
)
def test_what_the_linker_merges_or_does_not_load_is_left_to_it(section: Section) -> None:
    assert not side(section)


def test_the_script_has_each_sides_own_pieces_and_one_length() -> None:
    placed = placing.slots(BASE, HEAD, random.Random(5))
    base = placing.script(DEFAULT, BASE, placed, is_head=False)
    head = placing.script(DEFAULT, HEAD, placed, is_head=True)
    assert '"0.o"(".text.new")' in head
    assert ".text.new" not in base
    for text in (base, head):
        assert f". = {placed['.text'].end:#x};\n    *(.text .text.*)" in text.replace("\n\n", "\n")
        at = starts(placed)[".text.a"]
        assert f'. = {at:#x};\n    "0.o"(".text.a")' in text


def test_a_script_without_a_place_for_code_is_refused() -> None:
    placed = placing.slots(BASE, HEAD, random.Random(5))
    with pytest.raises(NotPlaceable, match=r"no part \.text"):
        placing.script("SECTIONS { .code : { *(.text) } }", BASE, placed, is_head=False)
