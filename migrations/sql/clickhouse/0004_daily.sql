-- Facts counted by UTC day, kept 18 months.
CREATE TABLE IF NOT EXISTS daily_events
(
    tenant LowCardinality(String),
    kind LowCardinality(String),
    day Date,
    banner_tag String,
    currency LowCardinality(String),
    count UInt64,
    amount_micros Int64,
    duplicates UInt64
)
ENGINE = SummingMergeTree((count, amount_micros, duplicates))
PARTITION BY toYYYYMM(day)
ORDER BY (tenant, kind, day, banner_tag, currency)
TTL day + INTERVAL 18 MONTH
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS daily_events_from_facts TO daily_events AS
SELECT
    tenant, kind, toDate(at) AS day, banner_tag, currency,
    countIf(duplicate = 0) AS count,
    sumIf(facts.amount_micros, duplicate = 0) AS amount_micros,
    countIf(duplicate = 1) AS duplicates
FROM facts
WHERE kind IN ('visit', 'registration', 'deposit')
GROUP BY tenant, kind, day, banner_tag, currency;

CREATE TABLE IF NOT EXISTS daily_bidding
(
    tenant LowCardinality(String),
    kind LowCardinality(String),
    day Date,
    campaign String,
    reason LowCardinality(String),
    currency LowCardinality(String),
    count UInt64,
    spend_micros Int64,
    duplicates UInt64
)
ENGINE = SummingMergeTree((count, spend_micros, duplicates))
PARTITION BY toYYYYMM(day)
ORDER BY (tenant, kind, day, campaign, reason, currency)
TTL day + INTERVAL 18 MONTH
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS daily_bidding_from_facts TO daily_bidding AS
SELECT
    tenant, kind, toDate(at) AS day, campaign, reason, currency,
    countIf(duplicate = 0) AS count,
    sumIf(amount_micros, duplicate = 0 AND kind = 'bill') AS spend_micros,
    countIf(duplicate = 1) AS duplicates
FROM facts
WHERE kind IN ('bid', 'no_bid', 'win', 'bill', 'loss', 'click')
GROUP BY tenant, kind, day, campaign, reason, currency;

-- leads: the one row of each request that stands for it (the first bid, or the no-bid).
CREATE TABLE IF NOT EXISTS daily_latency
(
    tenant LowCardinality(String),
    day Date,
    campaign String,
    leads UInt8,
    latency_us AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (tenant, day, campaign, leads)
TTL day + INTERVAL 18 MONTH
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS daily_latency_from_facts TO daily_latency AS
SELECT
    tenant, toDate(at) AS day, campaign, reason != 'more' AS leads,
    quantilesDDState(0.01, 0.5, 0.95, 0.99)(facts.latency_us) AS latency_us
FROM facts
WHERE kind IN ('bid', 'no_bid') AND duplicate = 0
GROUP BY tenant, day, campaign, leads;

CREATE TABLE IF NOT EXISTS daily_rejected
(
    tenant LowCardinality(String),
    day Date,
    reason LowCardinality(String),
    count UInt64
)
ENGINE = SummingMergeTree(count)
PARTITION BY toYYYYMM(day)
ORDER BY (tenant, day, reason)
TTL day + INTERVAL 18 MONTH
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS daily_rejected_from_facts TO daily_rejected AS
SELECT tenant, toDate(at) AS day, reason, count() AS count
FROM facts
WHERE kind = 'rejected' AND duplicate = 0
GROUP BY tenant, day, reason;
