"""What a weight costs, worked out once."""


def worked_out(number):
    """The cost of each weight, by weight."""
    return {weight: weight * 3 // 2 for weight in range(number)}


COSTS = worked_out(100)


def cost(weight):
    """Of one parcel."""
    return COSTS[weight]
