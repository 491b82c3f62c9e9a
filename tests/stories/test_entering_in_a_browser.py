import re
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.stories.actors import person

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
MAIL, PASSWORD = "ada@agency.example", "correct horse battery staple"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.engines,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture
def page(platform):
    """A page whose complaints, of scripts that failed or policies that were broken, are kept."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(base_url=platform.credentials["api_url"]).new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: page.complaints.append(line.text) if line.type == "error" else None,
        )
        yield page
        browser.close()


def invited(platform):
    """Let Ada in, and return the page on which she sets her password."""
    with person(platform, "admin_key") as admin:
        asked = {"name": "Ada", "email": MAIL, "roles": ["marketer"]}
        ada = admin.post("/v1/people", json=asked).json()["id"]
        answer = admin.post(f"/v1/people/{ada}/invitation")
        assert answer.status_code == 201, answer.text
        return ada, answer.json()["page"]


def signed_in(page, platform, password):
    page.get_by_label("Agency").fill(platform.credentials["tenant"])
    page.get_by_label("Mail address").fill(MAIL)
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")


def test_someone_invited_sets_a_password_and_enters_by_keyboard(platform, page):
    ada, place = invited(platform)
    page.goto(place)
    expect(page.get_by_label("Invitation")).to_have_value(re.compile(r"^cxi_"))
    assert "#" not in page.url  # the invitation does not stay where shoulders and history see it
    expect(page.get_by_label("New password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your password is set")
    signed_in(page, platform, "not the password")
    expect(page.get_by_role("alert")).to_contain_text("does not let anybody in")
    signed_in(page, platform, PASSWORD)
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    expect(page.locator(".who")).to_contain_text(ada)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()

    assert page.complaints == []
