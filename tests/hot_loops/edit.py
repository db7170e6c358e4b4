def distance(a, b):
    before = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = 0 if x == y else 1
            row.append(min(row[j - 1] + 1, before[j] + 1, before[j - 1] + cost))
        before = row
    return before[-1]


def problem():
    return "kitten sitting on the mat " * 4, "sitting kitten at the mast " * 4
