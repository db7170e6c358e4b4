"""Made causes in the ledger: methods, closures, generators, coroutines, decorators."""

from scripts.explain_rates.cause import (
    FUNCTION,
    METHOD,
    TOP,
    Cause,
    Edit,
    everywhere,
    looped,
    put,
    repeated,
)

LEDGER = "ledger"
ACCOUNTS, AMOUNTS, BOOKINGS, LATER, RULES, STATEMENTS = (
    f"{LEDGER}/{name}.py"
    for name in ("accounts", "amounts", "bookings", "later", "rules", "statements")
)
SEEN = "def seen(booking):\n    for _ in range({}):\n        pass\n\n\ndef book_all"
OVERRIDE = """    def book(self, booking):
        for _ in range({}):
            pass
        super().book(booking)
"""
USUAL = "usual = super().fee(booking)"
CHECK = "return booking.amount.cents >= cents"
ADD = "return Amount(self.cents + other.cents)"
WRAPPED = 'if booking.kind == "":'
FORM = r"(\w+) ([\d.]+) (\w+)$"
# The same fields, found in more steps.
HARDER = (
    r"((?:\w|-|_)+) ((?:\d|\.)+) ((?:\w|-|_)+)$",
    r"((?:a|b|d|\w)+) ((?:\d|\.)+) ((?:a|b|d|\w)+)$",
)
TOTAL = "self.total = self.total + booking.amount"
WHOLE = "whole, _, part = text"
TEN = {
    (ACCOUNTS, "Savings.fee"): (USUAL, METHOD),
    (ACCOUNTS, "Account.fee"): ("return 2 if", METHOD),
    (ACCOUNTS, "Account.book"): (TOTAL, METHOD),
    (AMOUNTS, "Amount.__init__"): ("self.cents = cents", METHOD),
    (AMOUNTS, "Amount.parse"): (WHOLE, METHOD),
    (AMOUNTS, "Amount.__add__"): (ADD, METHOD),
    (BOOKINGS, "Booking.__init__"): ("self.account = account", METHOD),
    (BOOKINGS, "booking"): ("return Booking(", FUNCTION),
    (RULES, "checked.wrapper"): (WRAPPED, METHOD),
    (RULES, "is_urgent"): ("return booking.kind in", FUNCTION),
}
NEUTRAL: tuple[Edit, ...] = (
    (AMOUNTS, "self.cents + other.cents", "other.cents + self.cents"),
    (RULES, WRAPPED, 'if "" == booking.kind:'),
    (
        BOOKINGS,
        "self.account = account\n        self.amount = amount",
        "self.amount = amount\n        self.account = account",
    ),
    (RULES, CHECK, "return cents <= booking.amount.cents"),
)


def _of(*paths: tuple[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(paths)


CAUSES = {
    "ledger-method": Cause(
        "a slower method",
        LEDGER,
        looped(ACCOUNTS, USUAL, METHOD),
        _of((ACCOUNTS, "Savings.fee")),
        (10, 30, 60),
    ),
    "ledger-operator": Cause(
        "a slower operator",
        LEDGER,
        repeated(AMOUNTS, ADD, "_ = {}", METHOD),
        _of((AMOUNTS, "Amount.__add__")),
        (2, 4, 8),
    ),
    "ledger-closure": Cause(
        "a slower closure",
        LEDGER,
        looped(RULES, CHECK, METHOD),
        _of((RULES, "at_least.check")),
        (10, 30, 60),
    ),
    "ledger-decorator": Cause(
        "a slower wrapper of a decorator",
        LEDGER,
        repeated(RULES, WRAPPED, "_ = {}", METHOD),
        _of((RULES, "checked.wrapper")),
        (4, 8, 16),
    ),
    "ledger-generator": Cause(
        "a slower generator",
        LEDGER,
        repeated(BOOKINGS, "found = Booking.FORM", "_ = {}", METHOD),
        _of((BOOKINGS, "read")),
        (4, 8, 16),
    ),
    "ledger-coroutine": Cause(
        "a slower coroutine",
        LEDGER,
        looped(LATER, "account.total = account.total"),
        _of((LATER, "settle")),
        (100, 200, 400),
    ),
    "ledger-comprehension": Cause(
        "a slower comprehension",
        LEDGER,
        lambda strength: [(STATEMENTS, "range(times)", f"range(times + {strength})")],
        _of((STATEMENTS, "width")),
        (12, 24, 48),
    ),
    "ledger-twice": Cause(
        "a function called twice",
        LEDGER,
        repeated(ACCOUNTS, USUAL, "rules.is_large(booking)", METHOD),
        _of((ACCOUNTS, "Savings.fee")),
        (4, 6, 10),
    ),
    "ledger-allocation": Cause(
        "an added allocation",
        LEDGER,
        repeated(BOOKINGS, "self.account = account", "kept = [account, amount]", METHOD),
        _of((BOOKINGS, "Booking.__init__")),
        (3, 6, 12),
    ),
    "ledger-c-call": Cause(
        "a slower C call",
        LEDGER,
        lambda strength: [(STATEMENTS, ".encode())", f".encode() * {60 * strength})")],
        _of((STATEMENTS, "checksum")),
        (3, 5, 10),
    ),
    "ledger-input": Cause(
        "another input",
        LEDGER,
        lambda strength: [(STATEMENTS, "range(150)", f"range({150 + 6 * strength})")],
        _of((STATEMENTS, TOP)),
        (1, 2, 3),
    ),
    "ledger-ten": Cause(
        "ten functions each a little slower",
        LEDGER,
        everywhere([(file, before, far) for (file, _), (before, far) in TEN.items()]),
        frozenset(TEN),
        (3, 6, 12),
        is_spread=True,
    ),
    "ledger-import": Cause(
        "an import moved inside",
        LEDGER,
        lambda _: [
            (BOOKINGS, "from ledger.amounts import Amount\n", ""),
            put(BOOKINGS, "return Booking(", ["from ledger.amounts import Amount", ""]),
        ],
        _of((BOOKINGS, "booking"), (BOOKINGS, TOP)),
    ),
    "ledger-list": Cause(
        "a set replaced by a list",
        LEDGER,
        lambda strength: [
            (
                RULES,
                "URGENT = {",
                f"URGENT = [{', '.join(repr(f'no{n}') for n in range(strength))}, ",
            ),
            (RULES, '"water"}', '"water"]'),
        ],
        _of((RULES, TOP)),
        (9, 12, 24),
    ),
    "ledger-cache": Cause(
        "a cache that no longer hits",
        LEDGER,
        lambda _: [(AMOUNTS, "@functools.cached_property", "@property")],
        _of((AMOUNTS, "Amount")),
    ),
    "ledger-pattern": Cause(
        "a regular expression",
        LEDGER,
        lambda which: [(BOOKINGS, FORM, HARDER[which])],
        _of((BOOKINGS, "Booking")),
        (0, 1),
    ),
    "ledger-new": Cause(
        "a new function",
        LEDGER,
        lambda strength: [
            (STATEMENTS, "def book_all", SEEN.format(strength)),
            put(STATEMENTS, "account.book(booking)", ["seen(booking)"], METHOD),
        ],
        _of((STATEMENTS, "book_all"), (STATEMENTS, "seen")),
        (1, 8, 30),
    ),
    "ledger-renamed": Cause(
        "a renamed function, slower",
        LEDGER,
        lambda strength: [
            (BOOKINGS, "def booking(account, text, kind):", "def made_of(account, text, kind):"),
            (BOOKINGS, "yield booking(*", "yield made_of(*"),
            *looped(BOOKINGS, "return Booking(")(strength),
        ],
        _of((BOOKINGS, "made_of")),
        (4, 8, 30),
    ),
    "ledger-signature": Cause(
        "a function with another argument, slower",
        LEDGER,
        lambda strength: [
            (AMOUNTS, "def parse(cls, text):", 'def parse(cls, text, point="."):'),
            (AMOUNTS, 'text.partition(".")', "text.partition(point)"),
            *looped(AMOUNTS, WHOLE, METHOD)(strength),
        ],
        _of((AMOUNTS, "Amount.parse")),
        (4, 8, 30),
    ),
    "ledger-override": Cause(
        "a new method that overrides",
        LEDGER,
        lambda strength: [
            (
                ACCOUNTS,
                '    """Large bookings cost more."""\n',
                f'    """Large bookings cost more."""\n\n{OVERRIDE.format(strength)}',
            )
        ],
        _of((ACCOUNTS, "Savings"), (ACCOUNTS, "Savings.book")),
        (1, 8, 30),
    ),
    "ledger-decorated": Cause(
        "a decorator added",
        LEDGER,
        lambda strength: [
            (RULES, "at_least(3_000)", "checked(" * strength + "at_least(3_000)" + ")" * strength)
        ],
        _of((RULES, TOP)),
        (4, 8, 12),
    ),
    "ledger-default": Cause(
        "another default argument",
        LEDGER,
        lambda strength: [
            (STATEMENTS, "def width(found, times=12):", f"def width(found, times={12 + strength}):")
        ],
        _of((STATEMENTS, TOP)),
        (12, 24, 48),
    ),
    "ledger-among": Cause(
        "a slower function among neutral edits",
        LEDGER,
        lambda strength: [*looped(ACCOUNTS, USUAL, METHOD)(strength), *NEUTRAL],
        _of((ACCOUNTS, "Savings.fee")),
        (30, 60),
    ),
    "ledger-nothing": Cause("nothing changed", LEDGER, lambda _: []),
    "ledger-words": Cause(
        "words",
        LEDGER,
        lambda _: [
            (ACCOUNTS, '"""Add a booking."""', '"""One more."""\n        # Fees too.'),
            (RULES, '"""Whether it cannot wait."""', '"""Whether it is urgent."""'),
        ],
    ),
    "ledger-unused": Cause(
        "unused code",
        LEDGER,
        lambda _: [
            (LATER, 'raise RuntimeError("it waits")', 'raise RuntimeError("it would wait")'),
            (RULES, "is_large = ", "def nobody():\n    return URGENT\n\n\nis_large = "),
        ],
    ),
    "ledger-neutral": Cause("neutral edits", LEDGER, lambda _: NEUTRAL),
    "ledger-one": Cause(
        "a neutral edit", LEDGER, lambda which: [NEUTRAL[which]], strengths=range(len(NEUTRAL))
    ),
}
