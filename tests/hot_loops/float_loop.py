def escape(n, c):
    total = 0.0
    x = 0.25
    for i in range(n):
        x = x * x - c + i * 1e-9
        if x > 2.0:
            x = x - 2.0
        total += x
    return total


def problem():
    return 60_000, 0.7
