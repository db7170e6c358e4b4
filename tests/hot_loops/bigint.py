def chain(n):
    h = 1
    for i in range(n):
        h = h * 6364136223846793005 + i
        h = h % 1000003
    return h


def problem():
    return 10_000
