"""Every route of the API; each says who may ask."""

from typing import Any

from read_api.advertisers import advertiser_card, advertiser_list, tenant_card
from read_api.approval_rules import approval_rule, approval_rule_list
from read_api.approvals import approvals
from read_api.audit import audit_anchor, audit_diff, audit_stream, audit_verify
from read_api.budgets import budget_report, reservation_card, reservation_list
from read_api.calendar import calendar
from read_api.campaign_board import campaign_card, campaign_list
from read_api.catalog import catalog_document, catalog_page
from read_api.causation import audit_causation
from read_api.consent import consent_history, consent_of
from read_api.console import board_page, campaign_page
from read_api.health import healthz, prometheus, readyz
from read_api.keys import key_card, key_list
from read_api.live import live
from read_api.loyalty import (
    loyalty_history,
    loyalty_member,
    loyalty_programme,
    loyalty_rewards,
)
from read_api.metrics import banner_tag_days, bidding, conversion_rates, rejected, trend
from read_api.notifications import notification_list
from read_api.pages import asset
from read_api.people import people_list, person_card
from read_api.privacy import (
    legal_hold_list,
    privacy_export,
    privacy_request_card,
    privacy_request_list,
)
from read_api.reference import api_page, openapi_document, problems_page
from read_api.roles import role_card, role_list
from read_api.sessions import session_list
from read_api.shared_budgets import shared_budget_card, shared_budget_list
from read_api.sign_in import no_access_page, password_page, sign_in_page
from read_api.transitions import campaign_transitions
from read_api.whoami import whoami
from write_api.accounts import post_invitation, post_password, put_password
from write_api.advertisers import put_advertiser, put_tenant
from write_api.approval_rules import delete_approval_rule, put_approval_rule
from write_api.budget import (
    post_commit,
    post_correction,
    post_refund,
    post_release,
    post_reservation,
    put_pacing,
)
from write_api.campaign import patch_campaign, post_campaign, post_step
from write_api.consent import post_revocation, put_consent
from write_api.console import post_step_form
from write_api.federation import oidc_callback, oidc_login
from write_api.keys import delete_key, post_key, post_rotation
from write_api.loyalty import post_member, post_member_step, post_reward, put_programme
from write_api.notifications import post_notification_read
from write_api.people import delete_person, patch_person, post_person
from write_api.privacy import (
    delete_legal_hold,
    post_legal_hold,
    post_privacy_refusal,
    post_privacy_request,
)
from write_api.roles import delete_role, put_role
from write_api.saml import saml_acs, saml_finish, saml_login, saml_metadata
from write_api.shared_budget import put_shared_budget
from write_api.sign_in import (
    delete_session,
    jwks,
    post_refresh,
    post_revocation_of_token,
    post_token,
)
from write_api.sign_in_page import post_password_form, post_sign_in, post_sign_out

ROUTES: list[Any] = [
    advertiser_card,
    advertiser_list,
    delete_key,
    delete_session,
    jwks,
    post_invitation,
    post_password,
    post_refresh,
    post_revocation_of_token,
    post_token,
    put_password,
    session_list,
    no_access_page,
    password_page,
    post_password_form,
    oidc_callback,
    oidc_login,
    saml_acs,
    saml_finish,
    saml_login,
    saml_metadata,
    delete_legal_hold,
    legal_hold_list,
    post_legal_hold,
    post_privacy_refusal,
    post_privacy_request,
    privacy_export,
    privacy_request_card,
    privacy_request_list,
    delete_person,
    delete_role,
    key_card,
    key_list,
    patch_person,
    people_list,
    person_card,
    post_key,
    post_person,
    post_rotation,
    put_advertiser,
    put_role,
    put_tenant,
    role_card,
    role_list,
    tenant_card,
    api_page,
    approval_rule,
    approval_rule_list,
    approvals,
    asset,
    audit_anchor,
    audit_causation,
    audit_diff,
    audit_stream,
    audit_verify,
    banner_tag_days,
    bidding,
    board_page,
    budget_report,
    notification_list,
    post_commit,
    post_correction,
    post_notification_read,
    post_refund,
    post_release,
    post_reservation,
    put_pacing,
    put_shared_budget,
    reservation_card,
    reservation_list,
    shared_budget_card,
    shared_budget_list,
    calendar,
    campaign_card,
    catalog_document,
    catalog_page,
    campaign_list,
    campaign_page,
    campaign_transitions,
    consent_history,
    consent_of,
    conversion_rates,
    delete_approval_rule,
    healthz,
    live,
    loyalty_history,
    loyalty_member,
    loyalty_programme,
    loyalty_rewards,
    openapi_document,
    patch_campaign,
    post_campaign,
    post_member,
    post_member_step,
    post_reward,
    post_sign_in,
    post_sign_out,
    post_step,
    post_step_form,
    problems_page,
    prometheus,
    put_approval_rule,
    put_programme,
    readyz,
    rejected,
    sign_in_page,
    trend,
    post_revocation,
    put_consent,
    whoami,
]
