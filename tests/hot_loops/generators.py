def evens(n):
    for i in range(n):
        if i % 2 == 0:
            yield i


def squares(n):
    return sum(i * i for i in evens(n))


def problem():
    return 20_000
