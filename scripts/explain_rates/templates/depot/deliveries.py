"""Deliveries to labels."""

from depot import boxes, labels, texts

LINES = [f"-no_{n}-;{n * 37 % 99};hall {n % 7}" for n in range(100)]


def parcels(lines):
    """What the lines say."""
    found = []
    for line in lines:
        name, weight, place = texts.fields(line)
        found.append(boxes.Parcel(texts.clean(name), texts.weight(weight), place))
    return found


def run(lines=None):
    """All labels."""
    stock = boxes.Stock()
    for parcel in parcels(LINES if lines is None else lines):
        stock.add(parcel)
    return "\n".join([labels.label(shelf) for shelf in stock.shelves.values()])
