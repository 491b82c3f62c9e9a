"""The API's composition root: its routes, and the ports that each of them is given."""

from typing import Any

from litestar.datastructures import State
from litestar.di import Provide

from commands.desk import Desk
from commands.ports import Clock, KeyRing
from commands.snapshots import Snapshots, Snapshotting
from ops.api_access_log import GatheredLines
from ops.api_edge import Edge, Telemetry
from ops.api_problems import mishaps
from ops.api_reference import Reference
from ops.api_routes import ROUTES
from ops.audit_trail import LoggedTrail, ProvableLog
from ops.catalogue import ThisVersion
from ops.opened_names import OpenedNames
from ops.sign_in_wiring import SignInParts
from projections.approval_rules import StoredApprovalRules
from projections.calendar import StoredCalendar
from projections.causation import StoredCauses
from projections.consent import StoredConsents
from projections.loyalty import StoredLoyalty
from projections.metrics import Metrics
from projections.notifications import StoredNotifications
from projections.people import StoredPeople
from projections.ports import ViewReader
from projections.privacy import StoredPrivacy
from projections.sessions import StoredSessions
from projections.shared_budgets import StoredSharedBudgets
from projections.stored_views import (
    StoredAccess,
    StoredBudgets,
    StoredCampaignBoard,
    StoredTransitions,
)
from projections.views import Positions
from read_api.figures import TodaysFigures
from read_api.ports import Readiness
from read_api.privacy import (
    Exports,
)
from read_api.sign_in import Doors
from write_api.admission import Admission, admitted, require_guards
from write_api.bodies import BODY_BYTES_MAX
from write_api.callers import Callers
from write_api.problems import HANDLERS


def create_app(
    *,
    log: ProvableLog,
    keys: KeyRing,
    clock: Clock,
    views: ViewReader,
    positions: Positions,
    metrics: Metrics,
    exports: Exports,
    readiness: Readiness,
    session_secret: bytes,
    sign_in: SignInParts,
    rate_per_minute: int | None = None,
    snapshots: Snapshots | None = None,
) -> Edge:
    """Return the API over these ports; `session_secret` signs the console's cookies.

    `rate_per_minute` is for keys that have none of their own; None lets them ask freely.
    """
    desk = Desk(
        log, clock, keys=keys, snapshots=Snapshotting(log, snapshots) if snapshots else None
    )
    entrance, federation = sign_in.desk(desk), sign_in.providers(session_secret)
    callers = Callers(
        StoredAccess(views), session_secret=session_secret, clock=clock, tokens=entrance.tokens
    )
    admission = Admission(callers, rate_per_minute=rate_per_minute)
    telemetry, lines = Telemetry(), GatheredLines()

    given: dict[str, Any] = {
        "clock": clock,
        "keys": keys,
        "sign_in": entrance,
        "federation": federation,
        "doors": Doors(sign_in.tenant, tuple(federation.doors())),
        "sessions": StoredSessions(views),
        "privacy": StoredPrivacy(views),
        "exports": exports,
        "board": StoredCampaignBoard(views),
        "transitions": StoredTransitions(views),
        "approval_rules": StoredApprovalRules(views),
        "flights": StoredCalendar(views),
        "people": StoredPeople(views),
        "budgets": StoredBudgets(views),
        "shared_budgets": StoredSharedBudgets(views),
        "notifications": StoredNotifications(views),
        "consents": StoredConsents(views),
        "loyalty": StoredLoyalty(views),
        "names": OpenedNames(keys),
        "positions": positions,
        "trail": LoggedTrail(log),
        "causes": StoredCauses(views),
        "metrics": metrics,
        "readiness": readiness,
        "callers": callers,
        "exposition": telemetry,
        "figures": TodaysFigures(metrics),
        "reference": Reference(),
        "mishaps": mishaps(),
        "catalogued": ThisVersion(),
    }
    edge = Edge(
        route_handlers=ROUTES,
        dependencies={
            **{name: _given(port) for name, port in given.items()},
            "caller": Provide(admitted, sync_to_thread=False),
            "visitor": Provide(admission.visitor),
        },
        exception_handlers=HANDLERS,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=BODY_BYTES_MAX,
        on_shutdown=[lines.flush],
        state=State({"desk": desk, "telemetry": telemetry, "access_log": lines}),
        before_request=admission.admit,
    )
    require_guards(edge)
    return edge


def _given(port: object) -> Provide:
    return Provide(lambda: port, sync_to_thread=False)
