-- Every fact of the hot path, as it came, with its place in the stream.
--
-- (partition, seq, idx) says where a row came from: the ingest resumes behind the newest of them, and two copies
-- of one row merge into one. A block is one insert: its messages are block_first to block_last. A row whose
-- event was seen before has duplicate = 1; it is kept and never counted.
-- fsync, also of merged parts: the ingest resumes behind the newest row, so an older row may not be lost where a
-- newer one survives.
CREATE TABLE IF NOT EXISTS facts
(
    partition UInt16,
    seq UInt64 CODEC(Delta, ZSTD(1)),
    idx UInt32 CODEC(Delta, ZSTD(1)),
    block_first UInt64 CODEC(Delta, ZSTD(1)),
    block_last UInt64 CODEC(Delta, ZSTD(1)),
    duplicate UInt8,
    event_id FixedString(16),
    tenant LowCardinality(String),
    kind LowCardinality(String),
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    campaign String CODEC(ZSTD(1)),
    offer String CODEC(ZSTD(1)),
    player String CODEC(ZSTD(1)),
    banner_tag String CODEC(ZSTD(1)),
    s String CODEC(ZSTD(1)),
    b String CODEC(ZSTD(1)),
    amount_micros Int64,
    currency LowCardinality(String),
    price_cpm_micros Int64,
    request_id String CODEC(ZSTD(1)),
    bid_id String CODEC(ZSTD(1)),
    imp_id String CODEC(ZSTD(1)),
    exchange LowCardinality(String),
    reason LowCardinality(String),
    latency_us UInt32,
    source_ip String CODEC(ZSTD(1)),
    user_agent String CODEC(ZSTD(1)),
    detail String CODEC(ZSTD(1)),
    INDEX by_seq seq TYPE minmax GRANULARITY 1,
    INDEX by_block_last block_last TYPE minmax GRANULARITY 1,
    INDEX by_bid bid_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, kind, toDate(at), partition, seq, idx)
TTL toDateTime(at) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;
