import html
import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from tests.hotpath.offers import AUDIO, VIDEO, ask, bidder, campaign, imp, offer, only_bid, request

NASTY = "Boots & \"socks\" <50 % ]]> 'off'"
CLICK = "https://hot.example/v1/n/click?b="
SEEN = "https://hot.example/v1/n/imp?b="
VAST = (
    '<?xml version="1.0"?><VAST version="3.0"><Ad><InLine><AdTitle>t</AdTitle><Creatives><Creative>'
    "<Linear><Duration>00:00:15</Duration><VideoClicks><ClickThrough>https://a.example</ClickThrough>"
    '</VideoClicks><MediaFiles><MediaFile type="video/mp4">https://a.example/a.mp4</MediaFile>'
    "</MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>"
)


class Tags(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def named(self, name):
        return [attrs for tag, attrs in self.found if tag == name]


def markup(shown, asked=None, **more) -> str:
    imps = [asked or imp()]
    return only_bid(ask(bidder(campaign(shown)), request(imp=imps, **more)))["adm"]


def vast(shown, asked, **more) -> ET.Element:
    return ET.fromstring(markup(shown, asked, **more))  # noqa: S314 - our own markup


def test_an_image_banner_links_to_the_click_and_counts_its_impression():
    tags = Tags(markup(offer(name=NASTY)))
    (link,), (image, pixel) = tags.named("a"), tags.named("img")
    assert link["href"].startswith(CLICK)
    assert (image["src"], image["width"], image["alt"]) == (
        "https://cdn.alpine.example/boots.jpg",
        "300",
        NASTY,
    )
    assert pixel["src"].startswith(SEEN)
    assert pixel["src"].endswith("&p=${AUCTION_PRICE}")


def test_plain_markup_is_made_a_link():
    tags = Tags(markup(offer(markup="<b>Boots</b>", creative_url="")))
    assert tags.found[0][0] == "a"
    assert tags.found[0][1]["href"].startswith(CLICK)


def test_markup_puts_the_click_where_its_macro_says():
    given = '<a class="x" href="${CLICK_URL}">Boots</a>'
    (link,) = Tags(markup(offer(markup=given, creative_url=""))).named("a")
    assert link["class"] == "x"
    assert link["href"].startswith(CLICK)


def test_markup_with_links_or_scripts_of_its_own_is_left_as_it_is():
    given = '<a href="https://own.example">Boots</a>'
    made = markup(offer(markup=given, creative_url=""))
    assert made.startswith(given)
    assert SEEN in html.unescape(made)


def test_a_page_is_framed():
    tags = Tags(markup(offer(creative_url="https://cdn.alpine.example/rich.html?a=1&b=2")))
    (frame,) = tags.named("iframe")
    assert frame["src"] == "https://cdn.alpine.example/rich.html?a=1&b=2"


@pytest.mark.parametrize(
    ("protocols", "version"),
    [(None, "3.0"), ([2, 3], "3.0"), ([2], "2.0"), ([3, 7], "4.0"), ([7, 11, 13], "4.2")],
)
def test_vast_is_written_in_the_newest_version_the_player_takes(protocols, version):
    asked = {"id": "1", "video": {"w": 640, "h": 360, "protocols": protocols}}
    root = vast(offer(name=NASTY, **VIDEO), asked)
    assert (root.tag, root.get("version")) == ("VAST", version)
    assert root.findtext(".//AdTitle") == NASTY
    assert root.findtext(".//Impression").startswith(SEEN)
    assert root.findtext(".//ClickThrough").startswith(CLICK)
    media = root.find(".//MediaFile")
    assert media.text == "https://cdn.alpine.example/boots.mp4"
    assert (media.get("type"), media.get("width")) == ("video/mp4", "640")


def test_the_length_a_file_names_is_the_one_declared():
    shown = offer(w=0, h=0, creative_url="https://cdn.alpine.example/boots.mp4#t=0,75")
    root = vast(shown, {"id": "1", "video": {"maxduration": 90}})
    assert root.findtext(".//Duration") == "00:01:15"


def test_a_file_of_unknown_length_declares_the_longest_allowed():
    root = vast(offer(**VIDEO), {"id": "1", "video": {"maxduration": 20}})
    assert root.findtext(".//Duration") == "00:00:20"


def test_audio_is_written_as_audio():
    asked = {"id": "1", "audio": {"protocols": [11], "mimes": ["audio/mpeg"]}}
    root = vast(offer(**AUDIO), asked)
    assert root.find("Ad").get("adType") == "audio"
    assert root.find(".//MediaFile").get("type") == "audio/mpeg"


def test_a_marketers_own_vast_is_kept_and_tracked():
    root = vast(offer(w=0, h=0, markup=VAST, creative_url=""), {"id": "1", "video": {}})
    assert root.findtext(".//ClickThrough") == "https://a.example"
    assert root.findtext(".//ClickTracking").startswith(CLICK)
    assert root.findtext(".//Impression").startswith(SEEN)


def test_a_marketers_own_vast_is_untouched_in_a_test():
    shown = offer(w=0, h=0, markup=VAST, creative_url="")
    assert markup(shown, {"id": "1", "video": {}}, test=1) == VAST


def native(*assets: dict, wrapped: bool = False, **more) -> dict:
    asked = {"ver": "1.2", "assets": list(assets)} | more
    said = json.dumps({"native": asked} if wrapped else asked)
    return {"id": "1", "native": {"request": said, "ver": "1.2"}}


TITLE = {"id": 1, "required": 1, "title": {"len": 10}}
IMAGE = {"id": 2, "required": 1, "img": {"type": 3, "wmin": 200, "hmin": 100}}
SPONSOR = {"id": 3, "required": 1, "data": {"type": 1, "len": 30}}
CALL = {"id": 4, "data": {"type": 12, "len": 15}}


def test_native_assets_are_filled_from_the_offer():
    said = json.loads(markup(offer(), native(TITLE, IMAGE, SPONSOR, CALL)))
    by_id = {asset["id"]: asset for asset in said["assets"]}
    assert by_id[1]["title"]["text"] == "Spring bo…"
    assert by_id[2]["img"] == {
        "url": "https://cdn.alpine.example/boots.jpg",
        "type": 3,
        "w": 300,
        "h": 250,
    }
    assert by_id[3]["data"]["value"] == "alpine.example"
    assert 4 not in by_id
    assert said["link"]["url"].startswith(CLICK)
    assert said["imptrackers"][0].startswith(SEEN)


def test_native_answers_in_the_shape_it_was_asked_in():
    wrapped = json.loads(markup(offer(), native(TITLE, wrapped=True)))
    assert list(wrapped) == ["native"]
    trackers = [{"event": 1, "methods": [1, 2]}]
    said = json.loads(markup(offer(), native(TITLE, eventtrackers=trackers)))
    assert (said["eventtrackers"][0]["event"], "imptrackers" in said) == (1, False)


@pytest.mark.parametrize(
    "asked",
    [
        native({"id": 1, "required": 1, "video": {"mimes": ["video/mp4"]}}),
        native({"id": 1, "required": 1, "data": {"type": 6}}),
        native({"id": 1, "required": 1, "img": {"type": 3, "wmin": 301, "hmin": 1}}),
        native(),
        {"id": "1", "native": {"request": "not json"}},
        {"id": "1", "native": {"request": "[" * 10_000}},
        {"id": "1", "native": {}},
    ],
)
def test_a_native_request_we_cannot_fill_is_not_bid_on(asked):
    answer = ask(bidder(campaign()), request(imp=[asked]))
    assert answer.reason in {"media", "size"}


def test_only_images_are_native():
    for shown in (offer(markup="<b>x</b>", creative_url=""), offer(**VIDEO)):
        answer = ask(bidder(campaign(shown)), request(imp=[native(TITLE)]))
        assert answer.reason == "media"
