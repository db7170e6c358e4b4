LIMIT = 4.0


def inside(x, y):
    return x * x + y * y < LIMIT


def clip(x):
    return x - 2.0 if x > 2.0 else x


def points(n):
    count = 0
    for i in range(n):
        x = clip(i * 0.001)
        if inside(x, i * 0.0005):
            count += 1
    return count


def problem():
    return 20_000
