"""Made causes in the depot: what people write when they do not think of speed."""

from scripts.explain_rates.cause import METHOD, TOP, Cause, Culprit, Edit, looped, put

DEPOT = "depot"
BOXES, DELIVERIES, LABELS, LIMITS, TABLES, TEXTS = (
    f"{DEPOT}/{name}.py" for name in ("boxes", "deliveries", "labels", "limits", "tables", "texts")
)
SIGNS = f"{DEPOT}/signs.txt"
CLEANING = f"{DEPOT}/cleaning.py"
CLEAN = '''def clean(text):
    """Without the signs that nobody reads."""
    for sign in SIGNS:
        text = text.replace(sign, " ")
    return text.strip()
'''
IS_LARGE = '''def is_large(parcel):
    """Whether one person cannot carry it."""
    return parcel.weight > LARGE
'''
NAMES = "[name(parcel) for parcel in shelf.parcels]"
SUM = "return sum([parcel.weight % step for step in range(1, STEPS)])"
NUMBER = "return int(text)"
PUT = "shelf.put(parcel)"
BUILT = "boxes.Parcel(texts.clean(name), texts.weight(weight), place)"
HEAVIEST = "return sorted(parcels, key=weight, reverse=True)[:3]"
SLOW_SORT = (
    "found = []",
    "for parcel in parcels:",
    "    place = 0",
    "    while place < len(found) and found[place].weight >= parcel.weight:",
    "        place += 1",
    "    found.insert(place, parcel)",
)
GETTER = 'weight = operator.attrgetter("weight")\n'
GETTER_IN_PYTHON = '''def weight(parcel):
    """In kilograms."""
    for _ in range({}):
        pass
    return parcel.weight
'''
CHECKS = (
    'if not isinstance(text, str) or not text.isascii() or "\\n" in text:',
    "    raise ValueError(text)",
)
DATACLASS = "@dataclasses.dataclass\n"
PLACE = "    place: str\n"
AFTERWARDS = """
    def __post_init__(self):
        for _ in range({}):
            pass
"""
HEIGHT = "    height = 3\n"
PROPERTY = '''    @property
    def height(self):
        """In metres."""
        for _ in range({}):
            pass
        return 3
'''
WRAPPER = '''def told(function):
    """What a function says."""

    def wrapper(*words):
        return function(*words)

    return wrapper


'''
# What ``worked_out`` returns costs more to look up in.
CHAINED: tuple[Edit, ...] = (
    (
        TABLES,
        "    return {weight: weight * 3 // 2 for weight in range(number)}",
        "    costs = {weight: weight * 3 // 2 for weight in range(number)}\n"
        "    return collections.ChainMap({}, costs)",
    ),
    (TABLES, "\n\n\ndef worked_out", "\n\nimport collections\n\n\ndef worked_out"),
)
# They cost nothing.
RENAMED: tuple[Edit, ...] = (
    (LABELS, 'first = ", ".join(name', 'most = ", ".join(name'),
    (LABELS, "({first}) {names}", "({most}) {all_of_them}"),
    (LABELS, "names = ", "all_of_them = "),
    (BOXES, "shelf = self.shelf(parcel.place)", "its = self.shelf(parcel.place)"),
    (BOXES, "            shelf.cost += limits", "            its.cost += limits"),
    (BOXES, f"        {PUT}", "        its.put(parcel)"),
)
NEVER_CALLED = '''def checked(text):
    """Nobody calls it."""
    return {sign for sign in SIGNS for _ in range(999) if sign in text}


'''


def _of(*parts: Culprit) -> frozenset[Culprit]:
    return frozenset(parts)


def _through(strength: int) -> str:
    """The names of a shelf's parcels, handed on by so many generators."""
    return "(each for each in " * strength + NAMES + ")" * strength


CAUSES = {
    "depot-regex": Cause(
        "a regular expression compiled in a loop",
        DEPOT,
        lambda _: [(TEXTS, "return FIELD.findall", 'return re.compile(r"[^;]+").findall')],
        _of((TEXTS, "fields")),
    ),
    "depot-exceptions": Cause(
        "an exception in place of a test",
        DEPOT,
        lambda _: [
            put(
                TEXTS,
                NUMBER,
                ["try:", '    return int(f"{text} kg")', "except ValueError:", "    pass"],
            )
        ],
        _of((TEXTS, "weight")),
    ),
    "depot-logging": Cause(
        "logging added",
        DEPOT,
        lambda strength: [
            (BOXES, "import dataclasses\n", "import dataclasses\nimport logging\n"),
            (BOXES, DATACLASS, f'LOG = logging.getLogger("depot")\n\n\n{DATACLASS}'),
            put(BOXES, PUT, ['LOG.debug("%s", parcel)'] * strength, METHOD),
        ],
        _of((BOXES, "Stock.add")),
        (1, 2, 4),
    ),
    "depot-text": Cause(
        "a text put together piece by piece",
        DEPOT,
        lambda _: [
            (LABELS, f'names = ", ".join({NAMES})', 'names = ""'),
            put(
                LABELS,
                'first = ", ".join',
                ["for parcel in shelf.parcels:", '    names = ", " + name(parcel) + names'],
            ),
        ],
        _of((LABELS, "label")),
    ),
    "depot-generator": Cause(
        "generators in place of a list",
        DEPOT,
        lambda strength: [(LABELS, NAMES, _through(strength))],
        _of((LABELS, "label")),
        (4, 8, 30),
    ),
    "depot-copy": Cause(
        "a dict copied in a loop",
        DEPOT,
        lambda strength: [
            (TABLES, "return COSTS[weight]", "return costs[weight]"),
            put(TABLES, "return costs[weight]", ["costs = dict(COSTS)"] * strength),
        ],
        _of((TABLES, "cost")),
        (1, 3, 9),
    ),
    "depot-replaced": Cause(
        "an object copied in place of changed",
        DEPOT,
        lambda _: [put(BOXES, PUT, ["parcel = dataclasses.replace(parcel)"], METHOD)],
        _of((BOXES, "Stock.add")),
    ),
    "depot-sorted": Cause(
        "a list sorted each time it grows",
        DEPOT,
        lambda _: [
            put(BOXES, "self.cost += tables", ["self.parcels.sort(key=str)"], METHOD),
        ],
        _of((BOXES, "Shelf.put")),
    ),
    "depot-lock": Cause(
        "a lock taken",
        DEPOT,
        lambda strength: [
            (BOXES, "import dataclasses\n", "import dataclasses\nimport threading\n"),
            (BOXES, DATACLASS, f"LOCK = threading.RLock()\n\n\n{DATACLASS}"),
            put(BOXES, PUT, ["with LOCK:", "    pass"] * strength, METHOD),
        ],
        _of((BOXES, "Stock.add")),
        (4, 12),
    ),
    "depot-tuple": Cause(
        "a tuple that grows in place of a list",
        DEPOT,
        lambda _: [
            (DELIVERIES, "found = []", "found = ()"),
            (DELIVERIES, f"found.append({BUILT})", f"found = (*found, {BUILT})"),
        ],
        _of((DELIVERIES, "parcels")),
    ),
    "depot-frozen": Cause(
        "a dataclass that is frozen",
        DEPOT,
        lambda _: [(BOXES, DATACLASS, f"{DATACLASS.rstrip()}(frozen=True)\n")],
        _of((BOXES, TOP)),
    ),
    "depot-afterwards": Cause(
        "a method that a dataclass calls",
        DEPOT,
        lambda strength: [(BOXES, PLACE, PLACE + AFTERWARDS.format(strength))],
        _of((BOXES, "Parcel"), (BOXES, "Parcel.__post_init__")),
        (1, 10, 40),
    ),
    "depot-property": Cause(
        "a property in place of an attribute",
        DEPOT,
        lambda strength: [(BOXES, HEIGHT, PROPERTY.format(strength))],
        _of((BOXES, "Shelf"), (BOXES, "Shelf.height")),
        (1, 10, 40),
    ),
    "depot-checks": Cause(
        "input checked once more",
        DEPOT,
        lambda strength: [put(TEXTS, "for sign in SIGNS:", CHECKS * strength)],
        _of((TEXTS, "clean")),
        (1, 2, 5),
    ),
    "depot-threshold": Cause(
        "another threshold",
        DEPOT,
        lambda strength: [(LIMITS, "LARGE = 80", f"LARGE = {80 - strength}")],
        _of((LIMITS, TOP)),
        (10, 25, 80),
    ),
    "depot-constant": Cause(
        "another constant",
        DEPOT,
        lambda strength: [(LIMITS, "STEPS = 12", f"STEPS = {12 + strength}")],
        _of((LIMITS, TOP)),
        (20, 60, 600),
    ),
    "depot-constant-among": Cause(
        "another constant, beside an import that a neutral edit needs",
        DEPOT,
        lambda strength: [
            (LIMITS, "LARGE = 80", "import operator\n\nLARGE = 80"),
            (LIMITS, "return parcel.weight > LARGE", "return operator.gt(parcel.weight, LARGE)"),
            (LIMITS, "STEPS = 12", f"STEPS = {12 + strength}"),
        ],
        _of((LIMITS, TOP)),
        (60, 600),
    ),
    "depot-constant-many": Cause(
        "another constant, among others that cost nothing",
        DEPOT,
        lambda strength: [
            *(
                (file, f"import {name}\n", f"import {name}\n\nVERSION = 2\n")
                for file, name in ((BOXES, "dataclasses"), (LABELS, "operator"), (TEXTS, "re"))
            ),
            (LIMITS, "STEPS = 12", f"STEPS = {12 + strength}"),
        ],
        _of((LIMITS, TOP)),
        (20, 60, 600),
    ),
    "depot-sort": Cause(
        "Python in place of C",
        DEPOT,
        lambda _: [
            (LABELS, HEAVIEST, "return found[:3]"),
            put(LABELS, "return found[:3]", SLOW_SORT),
        ],
        _of((LABELS, "heaviest")),
    ),
    "depot-getter": Cause(
        "a function in Python in place of one in C",
        DEPOT,
        lambda strength: [(LABELS, GETTER, f"\n{GETTER_IN_PYTHON.format(strength)}")],
        _of((LABELS, TOP), (LABELS, "weight")),
        (1, 10, 40),
    ),
    "depot-wrapped": Cause(
        "a decorator added",
        DEPOT,
        lambda strength: [
            (TABLES, "def cost", WRAPPER + "@told\n" * strength + "def cost"),
        ],
        _of((TABLES, TOP), (TABLES, "told.wrapper")),
        (1, 3, 9),
    ),
    "depot-table": Cause(
        "what an import works out",
        DEPOT,
        lambda _: CHAINED,
        _of((TABLES, "worked_out")),
    ),
    "depot-table-among": Cause(
        "what an import works out, among neutral edits",
        DEPOT,
        lambda _: [*CHAINED, *RENAMED],
        _of((TABLES, "worked_out")),
    ),
    "depot-moved": Cause(
        "a function moved to another file, slower",
        DEPOT,
        lambda strength: [
            (TEXTS, f"{CLEAN}\n\n", ""),
            (CLEANING, "", f'"""Clean texts."""\n\nfrom depot.texts import SIGNS\n\n\n{CLEAN}'),
            put(CLEANING, "for sign in SIGNS", [f"for _ in range({strength}):", "    pass"]),
            (DELIVERIES, "import boxes, labels", "import boxes, cleaning, labels"),
            (DELIVERIES, "texts.clean(", "cleaning.clean("),
        ],
        _of((CLEANING, "clean")),
        (10, 30, 90),
    ),
    "depot-three": Cause(
        "three functions each a little slower",
        DEPOT,
        lambda strength: [
            *looped(TEXTS, "return FIELD")(strength),
            *looped(TEXTS, NUMBER)(strength),
            *looped(TABLES, "return COSTS[")(strength),
        ],
        _of((TEXTS, "fields"), (TEXTS, "weight"), (TABLES, "cost")),
        (6, 20),
        is_spread=True,
    ),
    "depot-file": Cause(
        "another data file",
        DEPOT,
        lambda strength: [(SIGNS, "_\n", "_\n" + "%\n" * strength)],
        strengths=(4, 8, 30),
        differs=SIGNS,
    ),
    "depot-nothing": Cause("nothing changed", DEPOT, lambda _: []),
    "depot-names": Cause("locals renamed", DEPOT, lambda _: RENAMED),
    "depot-order": Cause(
        "functions in another order",
        DEPOT,
        lambda _: [
            (LIMITS, f"{IS_LARGE}\n\n", ""),
            (LIMITS, f"    {SUM}\n", f"    {SUM}\n\n\n{IS_LARGE}"),
        ],
    ),
    "depot-types": Cause(
        "types added",
        DEPOT,
        lambda _: [
            (TEXTS, "def clean(text):", "def clean(text: str) -> str:"),
            (TEXTS, "def weight(text):", "def weight(text: str) -> int:"),
            (TABLES, "def cost(weight):", "def cost(weight: int) -> int:"),
        ],
    ),
    "depot-uncalled": Cause(
        "a slow function that nobody calls",
        DEPOT,
        lambda _: [
            (TEXTS, "def clean", f"{NEVER_CALLED}def clean"),
            (TABLES, "def cost", "IN_ORDER = sorted(COSTS)\n\n\ndef cost"),
        ],
    ),
}
