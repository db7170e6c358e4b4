def product(a, b):
    n, m, k = len(a), len(b[0]), len(b)
    c = [[0.0] * m for _ in range(n)]
    for i in range(n):
        for j in range(m):
            total = 0.0
            for p in range(k):
                total += a[i][p] * b[p][j]
            c[i][j] = total
    return c


def problem():
    a = [[(i * 7 + j * 3) % 11 / 4 for j in range(30)] for i in range(30)]
    b = [[(i * 5 + j * 2) % 13 / 3 for j in range(30)] for i in range(30)]
    return a, b
