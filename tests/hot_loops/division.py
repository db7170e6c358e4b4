def divide(xs):
    total = 1
    bad = 0
    for x in xs:
        try:
            total = (total * 31 + 1000 // x) % 1000003 - 7 % x
        except ZeroDivisionError:
            bad += 1
    return total, bad, -7 // 2, -7 % 3


def problem():
    return [i % 7 - 3 for i in range(10_000)]
