"""The one table of the PostgreSQL event log and everything ever asked of it.

It is the table of `eventsourcing`'s PostgreSQL recorder: originator id is the physical stream
name `{category}-{tenant}.{key}`, topic our kind, state the JSON of `Envelope`. But positions
are given out by us, one after the other: a sequence would skip those of appends that failed,
and then nobody could tell a deleted event from one that never was.
"""

FOUND = "SELECT to_regclass('stored_events') IS NOT NULL"

# One process makes the table, and the others wait.
MAKING = "SELECT pg_advisory_xact_lock(7105132)"

# Whoever writes holds this until the commit: so positions come out in the order of commits. It
# is the table's own lock, whatever schema it lies in and by whatever search path it was found.
TURN = """
    SELECT pg_advisory_xact_lock((7105132::bigint << 32) | 'stored_events'::regclass::oid::bigint)
"""

TABLE = """
    CREATE TABLE IF NOT EXISTS stored_events (
        originator_id text COLLATE "C" NOT NULL,
        originator_version bigint NOT NULL,
        topic text NOT NULL,
        state bytea NOT NULL,
        notification_id bigint NOT NULL,
        PRIMARY KEY (originator_id, originator_version)
    )
"""
INDEX = """
    CREATE UNIQUE INDEX IF NOT EXISTS stored_events_notification_id_idx
        ON stored_events (notification_id)
"""

# A cluster may have turned this off for speed; what we tell as recorded must be on disk.
DURABLY = """
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'
"""
# A writer that is frozen in its turn must not keep the others out for ever.
TURN_MAX = "SET idle_in_transaction_session_timeout = '5s'"
PATIENCE = "SET lock_timeout = '8s'"

HEAD = "SELECT coalesce(max(notification_id), 0) FROM stored_events"

ENDS = """
    SELECT newest.* FROM unnest(%b::text[]) AS asked(name) CROSS JOIN LATERAL (
        SELECT originator_id, originator_version, state FROM stored_events
        WHERE originator_id = asked.name ORDER BY originator_version DESC LIMIT 1
    ) AS newest
"""

# Notifies, and returns the newest position; does nothing if one of the versions is there already.
# In its turn nobody else writes, so what it does not see is not there. (The lateral join keeps to
# the index, whatever the planner thinks of arrays.)
INSERT = """
    WITH news AS MATERIALIZED (
        SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[])
            WITH ORDINALITY AS news(name, version, kind, state, number)
    ), added AS (
        INSERT INTO stored_events
            (notification_id, originator_id, originator_version, topic, state)
        SELECT newest.head + news.number, news.name, news.version, news.kind, news.state
        FROM news
        CROSS JOIN (SELECT coalesce(max(notification_id), 0) AS head FROM stored_events) AS newest
        WHERE NOT EXISTS (
            SELECT FROM news CROSS JOIN LATERAL (
                SELECT FROM stored_events
                WHERE originator_id = news.name AND originator_version = news.version LIMIT 1
            ) AS clash
        )
        RETURNING notification_id
    ), told AS (SELECT max(notification_id) AS head FROM added)
    SELECT head FROM told, LATERAL pg_notify(%b, head::text) WHERE head IS NOT NULL
"""

NEAR = """
    SELECT asked.number, near.*
    FROM unnest(%b::text[], %b::bigint[], %b::bigint[])
        WITH ORDINALITY AS asked(name, after, upto, number)
    CROSS JOIN LATERAL (
        SELECT notification_id, originator_id, originator_version, topic, state
        FROM stored_events
        WHERE originator_id = asked.name
            AND originator_version > asked.after AND originator_version <= asked.upto
        ORDER BY originator_version LIMIT %s
    ) AS near
    ORDER BY 1, 4
"""

HISTORY = """
    SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
    WHERE originator_id = %s AND originator_version > %s AND originator_version <= %s
    ORDER BY originator_version LIMIT %s
"""

FEED = """
    SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
    WHERE notification_id > %s AND notification_id < %s ORDER BY notification_id LIMIT %s
"""

AT = """
    SELECT e.originator_id, e.originator_version, e.notification_id, e.state
    FROM unnest(%b::text[], %b::bigint[]) AS asked(name, version)
    JOIN stored_events AS e
        ON e.originator_id = asked.name AND e.originator_version = asked.version
"""
