def count(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def problem():
    return [f"w{i * i % 97}" for i in range(20_000)]
