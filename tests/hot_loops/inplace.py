def smooth(xs):
    for i in range(1, len(xs) - 1):
        xs[i] = (xs[i - 1] + xs[i] + xs[i + 1]) / 3.0


def problem():
    return [float(i * i % 17) for i in range(20_000)]
