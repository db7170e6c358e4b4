"""Faults under a steady load: what is done, to whom and when, and what it costs.

    plans      pure data: the list of faults, each with its schedule of actions
    execution  walks a schedule; hands do each action to real processes
    run        one fault run: load, fault, account
    toll       pure arithmetic over what was seen: the pause, and what was repeated
    rebalance  members leave, join and are killed; handover, pure too, says what each cost

A fault run answers two questions: was an acknowledged record lost, and how long did nothing
come through? It measures no rate.
"""
