"""Made causes in the shop: plain functions that call one another."""

from scripts.explain_rates.cause import FUNCTION, TOP, Cause, everywhere, looped, put, repeated

SHOP = "shop"
PARSE, RATES, TOTALS, SIZES = (
    f"{SHOP}/{name}.py" for name in ("parse", "rates", "totals", "sizes")
)
COUNT = 'count = record["count"]'
ROUNDED = "return rates.rounded("
NEW_RECORD = "return {\n"
NUMBER = r"\s*(\d+)\s*$"
# The same numbers, found in more steps.
HARDER = tuple(
    f"(?:{'|'.join(2 * letter for letter in letters)}|\\s)*(\\d+)\\s*$"
    for letters in ("abcdefgh", "abcdefghijklmnop")
)
TEN = {
    (PARSE, "split_line"): "return [field.strip()",
    (PARSE, "number"): "found = NUMBER",
    (PARSE, "record"): NEW_RECORD,
    (RATES, "rate"): "return RATES[tag]",
    (RATES, "rounded"): "return math.floor",
    (TOTALS, "price"): 'return record["price"]',
    (TOTALS, "discount"): COUNT,
    (TOTALS, "tax"): "return rates.rate",
    (TOTALS, "total"): ROUNDED,
    (TOTALS, "ranked"): "return sorted(values",
}
NEUTRAL = (
    (PARSE, 'line.split(",")]', 'str.split(line, ",")]'),
    (RATES, "value * 100 + 0.5", "0.5 + 100 * value"),
    (TOTALS, 'record["price"] * record["count"]', 'record["count"] * record["price"]'),
    (TOTALS, "price(record) * discount(record)", "discount(record) * price(record)"),
)

CAUSES = {
    "shop-slower": Cause(
        "a slower function",
        SHOP,
        repeated(TOTALS, COUNT, "_ = {}"),
        frozenset({(TOTALS, "discount")}),
        (4, 8, 16),
    ),
    "shop-twice": Cause(
        "a function called twice",
        SHOP,
        repeated(TOTALS, ROUNDED, "tax(record)"),
        frozenset({(TOTALS, "total")}),
        (1, 2, 3),
    ),
    "shop-allocation": Cause(
        "an added allocation",
        SHOP,
        repeated(PARSE, NEW_RECORD, "fields = list(fields)"),
        frozenset({(PARSE, "record")}),
        (1, 2, 4),
    ),
    "shop-c-call": Cause(
        "a slower C call",
        SHOP,
        lambda strength: [
            put(TOTALS, "groups = {}", [f"sorted(map(str, range({40 * strength})))"])
        ],
        frozenset({(TOTALS, "group")}),
        (1, 2, 4),
    ),
    "shop-input": Cause(
        "another input",
        SHOP,
        lambda strength: [(SIZES, "ROWS = 120", f"ROWS = {120 + 4 * strength}")],
        frozenset({(SIZES, TOP)}),
        (1, 2, 3),
    ),
    "shop-ten": Cause(
        "ten functions each a little slower",
        SHOP,
        everywhere([(file, before, FUNCTION) for (file, _), before in TEN.items()]),
        frozenset(TEN),
        (3, 6, 12),
        is_spread=True,
    ),
    "shop-import": Cause(
        "an import moved inside",
        SHOP,
        lambda _: [
            (RATES, "import math\n", ""),
            put(RATES, "return math.floor", ["import math", ""]),
        ],
        frozenset({(RATES, "rounded"), (RATES, TOP)}),
    ),
    "shop-list": Cause(
        "a dict replaced by a list",
        SHOP,
        lambda _: [
            (RATES, '{f"tag{n}": 1 + n / 100 for', '[(f"tag{n}", 1 + n / 100) for'),
            (RATES, "range(11)}", "range(11)]"),
            (RATES, "RATES[tag]", "next(value for name, value in RATES if name == tag)"),
        ],
        frozenset({(RATES, "rate"), (RATES, TOP)}),
        is_spread=True,
    ),
    "shop-cache": Cause(
        "a cache that no longer hits",
        SHOP,
        lambda strength: [(RATES, "maxsize=64", f"maxsize={strength}")],
        frozenset({(RATES, TOP)}),
        (1, 2),
    ),
    "shop-pattern": Cause(
        "a regular expression",
        SHOP,
        lambda strength: [(PARSE, NUMBER, HARDER[strength])],
        frozenset({(PARSE, TOP)}),
        (0, 1),
    ),
    "shop-among": Cause(
        "a slower function among neutral edits",
        SHOP,
        lambda strength: [*looped(TOTALS, COUNT)(strength), *NEUTRAL],
        frozenset({(TOTALS, "discount")}),
        (4, 10),
    ),
    "shop-nothing": Cause("nothing changed", SHOP, lambda _: []),
    "shop-words": Cause(
        "words",
        SHOP,
        lambda _: [
            (TOTALS, '"""By tag."""', '"""What the tag costs."""\n    # By tag.'),
            (PARSE, '"""All records."""', '"""Each line\'s record."""'),
        ],
    ),
    "shop-unused": Cause(
        "unused code",
        SHOP,
        lambda _: [
            (TOTALS, "    return values\n", "    return [values, values]\n"),
            (RATES, "def rounded", "def added(tag):\n    return tag\n\n\ndef rounded"),
        ],
    ),
    "shop-neutral": Cause("neutral edits", SHOP, lambda _: NEUTRAL),
    "shop-one": Cause(
        "a neutral edit", SHOP, lambda which: [NEUTRAL[which]], strengths=range(len(NEUTRAL))
    ),
}
