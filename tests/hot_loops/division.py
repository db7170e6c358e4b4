def divide(xs):
    total = 1
    bad = 0
    for x in xs:
        try:
            total = total * 3 + 1000 // x
        except ZeroDivisionError:
            bad += 1
        if total > 10**15:
            total = total // 3**20 - 7
    return total * 10**9, bad


def problem():
    return [i % 7 - 3 for i in range(10_000)]
