"""The core of Ponte: one conversation, one protocol, one deadline, whatever the channel.

Synchronous and free of I/O: every verb is a plain function over a `Session` it is handed and the
`now` it is told. Reading order for a newcomer:

1. `border`   what crosses in and out (frozen dataclasses)
2. `intake`   the one door in: `receive_many`
3. `tickets`  what agents do to a ticket
4. `notices`  who hears about a change, as rows of the outbox
5. `outbox`   the one door out: claim, send (elsewhere), settle
"""
