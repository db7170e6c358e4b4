"""The counts of an account, stored as they were counted and named as in the JSON.

Pure, so that a stored result is read without any client.
"""

from dataclasses import dataclass, fields, replace

from hotloop.base.units import counted


@dataclass(frozen=True, slots=True)
class Account:
    """Counts of records; accounts of several runs add up.

    ``sent``: given to the client by the generator. ``acknowledged``: of
    those, confirmed by the broker. ``unique``: different records seen by the
    user function. ``lost``: in the topic, below the group's committed offset,
    and neither seen nor reported as bad. ``duplicated``: sightings beyond the
    first of a record. ``out_of_order``: first sightings of a record after a
    later one of the same partition by the same worker. ``unknown``: sightings
    of records that no one sent. ``bad``: reported by the consumer as
    unreadable. ``committed``: the group's offsets, summed over partitions.
    ``end``: where the stretch ends, summed likewise.

    The other ends of a record within the stretch that nobody saw:
    ``not_reached``: still there, and not passed by any commit. ``expired``:
    removed by the cluster, below the start of the log. ``missing``: acknowledged, and not in
    the topic, though not below the start of the log. ``refused``: sent, but not accepted by
    the broker. Results of the first versions lack these four; they are 0 then.
    """

    sent: int
    acknowledged: int
    unique: int
    lost: int
    duplicated: int
    out_of_order: int
    unknown: int
    bad: int
    committed: int
    end: int
    not_reached: int = 0
    expired: int = 0
    missing: int = 0
    refused: int = 0

    def with_unacknowledged(self, records: int, refused: int = 0) -> "Account":
        """The account with this many more records that were sent but never confirmed.

        The topic may hold them or not, so they are lost only if it does and nobody saw
        them. The broker ``refused`` this many of them.
        """
        return replace(self, sent=self.sent + records, refused=self.refused + refused)

    def taken_away(self, who: str, why: str | None = None) -> str:
        """The sentence on what expired, unseen by ``who``; ``why``: the cluster's reason."""
        told = "" if why is None else f" ({why})"
        return (
            f"the cluster took {counted(self.expired, 'record')} away before they were read{told}: "
            f"no fault of {who}'s; let topics keep their records"
        )

    def mislaid(self, who: str) -> str:
        """The sentence on what is missing, which ``who`` never got."""
        return (
            f"the cluster lacks {counted(self.missing, 'record')} that it had acknowledged: it "
            f"lost them, not {who}; look at its replication and its leader elections"
        )

    def __add__(self, other: "Account") -> "Account":
        return Account(
            **{
                field.name: getattr(self, field.name) + getattr(other, field.name)
                for field in fields(self)
            }
        )
