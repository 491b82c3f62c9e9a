-- Where each event that a client can repeat was seen first; the ingest asks here before it counts.
-- Look-ups are by random ids, so a granule is small. 40 days is longer than any month and ten times what the stream keeps.
CREATE TABLE IF NOT EXISTS seen
(
    event_id FixedString(16),
    partition UInt16,
    seq UInt64,
    idx UInt32,
    at DateTime('UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY event_id
TTL at + INTERVAL 40 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    index_granularity = 256, min_compress_block_size = 4096, max_compress_block_size = 16384;

CREATE MATERIALIZED VIEW IF NOT EXISTS seen_from_facts TO seen AS
SELECT event_id, partition, seq, idx, toDateTime(at, 'UTC') AS at
FROM facts
WHERE duplicate = 0 AND kind IN ('visit', 'registration', 'deposit', 'win', 'bill', 'loss', 'click');
