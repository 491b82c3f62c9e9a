-- How far each partition is in, and each tenant's newest billed impression.
-- ClickHouse commits a view after its table, so what is marked here can be read from facts.
CREATE TABLE IF NOT EXISTS ingest_progress
(
    partition UInt16,
    through SimpleAggregateFunction(max, UInt64),
    at SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY partition
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_progress_from_facts TO ingest_progress AS
SELECT facts.partition AS partition, max(facts.block_last) AS through, max(facts.at) AS at
FROM facts
GROUP BY partition;

CREATE TABLE IF NOT EXISTS billed_marks
(
    partition UInt16,
    tenant LowCardinality(String),
    last SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (partition, tenant)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS billed_marks_from_facts TO billed_marks AS
SELECT partition, tenant, max(seq) AS last
FROM facts
WHERE kind = 'bill' AND duplicate = 0
GROUP BY partition, tenant;
