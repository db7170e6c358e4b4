def fields(text):
    found = []
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if value:
            found.append(name.strip() + ":" + value.strip())
    return "\n".join(found)


def problem():
    return "\n".join(f"Key{i} = Value {i}" for i in range(2000))
