import re
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.stories.actors import drafted, person, stepped

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.engines,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def admin(platform):
    with person(platform, "admin_key") as client:
        yield client


@pytest.fixture
def approver(platform):
    with person(platform, "approver_key") as client:
        yield client


@pytest.fixture
def complaints():
    """What a page complained about: scripts that failed, policies that were broken."""
    return []


@pytest.fixture
def opened(chromium, platform, complaints):
    contexts = []

    def signed_in(key="approver_key", **options):
        context = chromium.new_context(base_url=platform.credentials["api_url"], **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda line: complaints.append(line.text) if line.type == "error" else None,
        )
        page.goto("/")
        page.get_by_label("API key").fill(platform.credentials[key])
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Today")).to_be_visible()
        return page

    yield signed_in
    for context in contexts:
        context.close()


def test_a_wrong_key_is_told_so_and_opens_nothing(chromium, platform):
    context = chromium.new_context(base_url=platform.credentials["api_url"])
    page = context.new_page()
    page.goto("/campaigns/any")
    page.get_by_label("API key").fill("not-a-key")
    page.get_by_role("button", name="Use the key").click()
    expect(page.get_by_role("alert")).to_contain_text("Nobody holds this key")
    page.goto("/")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    context.close()


def test_a_card_moves_by_itself_when_someone_else_acts(opened, admin, approver, complaints):
    page = opened()
    expect(page.locator("#pulse")).to_have_text("Live")
    campaign = drafted(admin, name="Moving along")
    card = page.locator(f"[data-campaign='{campaign}']")
    expect(page.locator("[data-stage=draft]").locator(card)).to_contain_text("Moving along")
    stepped(admin, campaign, "submit")
    expect(page.locator("[data-stage=in_review]").locator(card)).to_be_visible()
    stepped(approver, campaign, "approve", "go-live")
    expect(page.locator("[data-stage=live]").locator(card)).to_be_visible()
    expect(page.locator(f"[data-campaign='{campaign}']")).to_have_count(1)
    assert complaints == []


def test_a_reviewer_approves_with_the_keyboard_alone(opened, admin):
    campaign = drafted(admin, name="By keyboard")
    stepped(admin, campaign, "submit")
    page = opened()
    page.goto(f"/campaigns/{campaign}")
    page.get_by_label("Comment").focus()
    page.keyboard.type("Well done")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Approve")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".stage")).to_have_text("Approved")
    expect(page.locator(".history")).to_contain_text("Well done")


def test_only_steps_that_are_allowed_are_offered(opened, admin):
    campaign = drafted(admin, name="Who may what")
    stepped(admin, campaign, "submit")
    author = opened("admin_key")
    author.goto(f"/campaigns/{campaign}")
    expect(author.get_by_text("There is nothing for you to do in this stage")).to_be_visible()
    reviewer = opened()
    reviewer.goto(f"/campaigns/{campaign}")
    expect(reviewer.locator(".buttons button")).to_have_text(
        ["Approve", "Reject", "Request changes"]
    )


def test_a_refusal_is_a_sentence_on_the_page(opened, admin, approver):
    campaign = drafted(admin, name="Too late")
    stepped(admin, campaign, "submit")
    page = opened()
    page.goto(f"/campaigns/{campaign}")
    stepped(approver, campaign, "approve")
    expect(page.locator("#moved")).to_contain_text("has changed")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_have_text("Only a campaign in review can be rejected.")


def test_the_console_reads_without_javascript(opened, admin):
    campaign = drafted(admin, name="Plain reading")
    page = opened(java_script_enabled=False)
    page.reload()
    page.get_by_role("link", name="Plain reading").first.click()
    expect(page.get_by_role("heading", name="Plain reading")).to_be_visible()
    expect(page.locator(".history li")).to_have_count(1)
    expect(page.locator("code", has_text=campaign).first).to_be_visible()


def test_the_api_page_renders_the_document_and_finds_operations(opened, complaints):
    page = opened()
    page.goto("/docs")
    expect(page.locator(".operation").first).to_be_visible()
    page.get_by_label("Find").fill("request-changes")
    expect(page.locator(".operation:visible")).to_have_count(1)
    page.locator(".operation:visible summary").click()
    expect(page.locator(".operation:visible")).to_contain_text("comment")
    assert complaints == []


def test_signing_out_ends_the_session(opened):
    page = opened()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened, scheme):
    page = opened(color_scheme=scheme)
    places = [".tile", ".tile dt", ".tile .value", ".tile .note"]
    ground, *texts = (luminance(page, place) for place in places)
    ratios = [(max(text, ground) + 0.05) / (min(text, ground) + 0.05) for text in texts]

    assert min(ratios) >= 4.5  # WCAG 2.2, 1.4.3 Contrast (Minimum)


def luminance(page, place):
    """Return the relative luminance of a text's colour, or of a tile's ground."""
    colour = "backgroundColor" if place == ".tile" else "color"
    script = f"place => getComputedStyle(place).{colour}"
    shown = page.locator(place).first.evaluate(script)
    channels = [int(value) / 255 for value in re.findall(r"\d+", shown)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(
        weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )
