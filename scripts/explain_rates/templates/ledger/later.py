"""What is done later, by coroutines."""


async def settle(account):
    """The fees of an account, taken from it."""
    account.total = account.total + type(account.total)(-account.fees)
    return account.fees


async def settle_all(accounts):
    """All fees."""
    fees = 0
    for account in accounts:
        fees += await settle(account)
    return fees


def finished(coroutine):
    """What a coroutine that waits for nothing returns."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("it waits")
