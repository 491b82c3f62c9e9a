"""Reads billed impressions, each once, from the facts that are completely in."""

from collections.abc import Sequence
from datetime import UTC, datetime

from adapters.clickhouse import Reader
from commands.ports import BilledSum
from domain.identity import CampaignId, TenantId

# A tenant's newest billed impression may be in a block of which one month's rows are in and the
# other's are not; `through` is then still before it.
THROUGH = """
SELECT tenant, least(max(last), (
    SELECT max(through) FROM ingest_progress WHERE partition = {partition:UInt16}
)) AS last_whole
FROM billed_marks WHERE partition = {partition:UInt16}
GROUP BY tenant HAVING last_whole > 0 ORDER BY tenant
"""
BETWEEN = """
SELECT campaign, currency, toUnixTimestamp(toStartOfFifteenMinutes(toDateTime(at))) AS quarter,
    sum(amount_micros), count()
FROM facts FINAL
WHERE tenant = {tenant:String} AND kind = 'bill' AND partition = {partition:UInt16}
    AND seq BETWEEN {first:UInt64} AND {last:UInt64} AND duplicate = 0
GROUP BY campaign, currency, quarter ORDER BY campaign, currency, quarter
"""


class ClickHouseSpend:
    """`commands.ports.BilledSpend`; raises `ClickHouseUnreachable`.

    A block's rows are in the table before the marks that `through` reads, an insert is atomic
    within a month, and only a block's last insert moves `through`: what lies at or below it
    stays as it is. Rows older than 90 days are gone.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def through(self, partition: int) -> Sequence[tuple[TenantId, int]]:
        rows = await self._reader.rows(THROUGH, {"partition": partition})
        return [(TenantId(tenant), int(last)) for tenant, last in rows]

    async def between(
        self, tenant: TenantId, partition: int, *, first: int, last: int
    ) -> Sequence[BilledSum]:
        asked = {"tenant": tenant, "partition": partition, "first": first, "last": last}
        return [
            BilledSum(
                CampaignId(campaign),
                currency,
                datetime.fromtimestamp(int(quarter), UTC),
                int(micros),
                int(impressions),
            )
            for campaign, currency, quarter, micros, impressions in await self._reader.rows(
                BETWEEN, asked
            )
        ]
