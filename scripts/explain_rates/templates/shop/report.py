"""All of it."""

from shop import parse, sizes, totals


def cell(key, values):
    """A group in words."""
    return f"{key}: {sum(values):.2f} ({values[0]:.2f})"


def run(lines=None):
    """The report."""
    records = parse.parse(sizes.LINES if lines is None else lines)
    cells = []
    for key, members in sorted(totals.group(records).items()):
        cells.append(cell(key, totals.ranked([totals.total(each) for each in members])))
    return "\n".join(cells)
