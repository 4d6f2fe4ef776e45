"""The page's own rules: nothing untrusted becomes markup, and its text renderers, in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright, expect
from slack_sdk.web.async_client import AsyncWebClient

from devkit.slack.server import SlackStandIn
from devkit.slack.sockets import Delivery
from devkit.slack.workspace import ANA
from tests.page.browser import opened

STATIC = Path(__file__).parents[2] / "devkit" / "slack" / "static"
MODULES = sorted(STATIC.glob("js/*.js"))
SHEETS = sorted(STATIC.glob("css/*.css"))
MARKUP_FROM_TEXT = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")

STORE = """{
  me: "U0ANA00001", usergroups: [], channel: () => null,
  people: new Map([
    ["U0ANA00001", {id: "U0ANA00001", name: "ana", real_name: "Ana Ruiz"}],
    ["U0COUNTER1", {id: "U0COUNTER1", name: "countersign", real_name: "Countersign", is_bot: true}],
  ]),
}"""

HOSTILE = """# <img src=x onerror=alert(1)>
<script>alert(1)</script> [click](javascript:alert(1)) ![pixel](https://evil.example/?q=secret)
`<b>` <javascript:alert(1)|ok> **<i>bold</i>** <@U0ANA00001>
> <svg onload=alert(1)>

| <u>head</u> | b |
|---|---|
| <a href="javascript:alert(1)">x</a> | y |
"""

ANSWER = """## Refund done

I refunded **29.00 USD** on `INV-1003`.

1. looked up
   - amount
   - *date*
2. asked

| Invoice | Amount |
|:--|--:|
| INV-1003 | 29.00 |

> quoted

```python
print("<b>")
```

See [the docs](https://example.com/a_(b)).
"""


#: For tests that share one browser: it lives in one event loop, and takes longer to start than any of them.
in_one_browser = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True)
class Shown:
    """A browser, and where the modules are served."""

    browser: Browser
    url: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shown() -> AsyncIterator[Shown]:
    app = web.Application()
    app.router.add_static("/static", STATIC)
    app.router.add_get("/", _blank)
    async with TestServer(app) as server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        yield Shown(browser, str(server.make_url("/")))
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(shown: Shown) -> AsyncIterator[Page]:
    """A browser page that can import the modules but does not run the application. It shares nothing with another."""
    opened = await shown.browser.new_page()
    await opened.goto(shown.url)
    yield opened
    await opened.close()


async def _blank(_: web.Request) -> web.Response:
    return web.Response(text="<!doctype html><title>blank</title>", content_type="text/html")


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


async def _evaluate(page: Page, module: str, body: str, argument: object = None) -> Any:
    script = f"""async (argument) => {{
      const module = await import("/static/js/{module}.js");
      const store = {STORE};
      {body}
    }}"""
    return await page.evaluate(script, argument)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_small_and_never_makes_markup_from_text(path: Path) -> None:
    source = path.read_text()

    assert not MARKUP_FROM_TEXT.search(source)
    assert len(source.splitlines()) < 250


def test_the_page_asks_nothing_of_other_hosts_and_holds_no_inline_script() -> None:
    html = (STATIC / "index.html").read_text()

    assert not re.search(r"""(src|href)=["'](?!/static/)""", html)
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", html)
    assert not any(re.search(r"url\(|@import", sheet.read_text()) for sheet in SHEETS)


@pytest.mark.parametrize("language", ["markdown", "mrkdwn"])
@in_one_browser
async def test_hostile_text_stays_text(page: Page, language: str) -> None:
    body = f"""
      const box = document.createElement("div");
      box.append(...module.{language}(argument, store));
      const bad = box.querySelectorAll("img, script, svg[onload], iframe, u, i, [onerror], a[href^='javascript']");
      return [bad.length, box.textContent];
    """

    bad, text = await _evaluate(page, language, body, HOSTILE)

    assert bad == 0
    assert "<script>alert(1)</script>" in text
    assert "@Ana Ruiz" in text


@in_one_browser
async def test_an_unfinished_answer_renders_at_every_length(page: Page) -> None:
    body = """
      const box = document.createElement("div");
      for (let length = 0; length <= argument.length; length += 1)
        box.replaceChildren(...module.markdown(argument.slice(0, length), store));
      const links = [...box.querySelectorAll("a")].map((link) => link.getAttribute("href"));
      return [["h4", "strong", "ol > li", "ol ul > li", "td", "blockquote", "pre"]
        .map((selector) => box.querySelectorAll(selector).length), links];
    """

    counts, links = await _evaluate(page, "markdown", body, ANSWER)

    assert counts == [1, 1, 2, 2, 2, 1, 1]
    assert links == ["https://example.com/a_(b)"]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("@countersign refund $29", "<@U0COUNTER1> refund $29"),
        ("ask @Ana Ruiz or @ana-maria", "ask <@U0ANA00001> or @ana-maria"),
        ("mail a@countersign <b> & co", "mail a@countersign &lt;b&gt; &amp; co"),
        ("see https://a.example/x?y=1&z=2.", "see <https://a.example/x?y=1&amp;z=2>."),
        ("run `curl https://a.example/x`", "run `curl <https://a.example/x>`"),
        ("@here", "<!here>"),
    ],
)
@in_one_browser
async def test_what_is_typed_is_sent_as_slack_sends_it(page: Page, typed: str, sent: str) -> None:
    assert await _evaluate(page, "outgoing", "return module.encodeMessage(argument, store);", typed) == sent


@pytest.mark.parametrize("mark", ["`", "```"])
@in_one_browser
async def test_an_address_in_code_is_no_link_and_has_no_brackets(page: Page, mark: str) -> None:
    body = """
      const box = document.createElement("div");
      box.append(...module.mrkdwn(argument, store));
      return [box.querySelectorAll("a").length, box.textContent];
    """
    sent = f"{mark}curl <https://a.example/x?y=1&amp;z=2> &lt;b&gt;{mark}"

    assert await _evaluate(page, "mrkdwn", body, sent) == [0, "curl https://a.example/x?y=1&z=2 <b>"]


@in_one_browser
async def test_both_thumbs_are_drawn_and_need_no_font_of_emoji(page: Page) -> None:
    up, down = (
        {"text": {"type": "plain_text", "text": sign, "emoji": True}, "value": "v"} for sign in "👍👎"
    )
    spec = {"type": "feedback_buttons", "action_id": "a", "positive_button": up, "negative_button": down}

    drawn = await _evaluate(
        page,
        "elements",
        "const node = module.element(argument, store);"
        "return [node.textContent, [...node.querySelectorAll('svg')].map((one) => one.innerHTML)];",
        spec,
    )

    text, (one, other) = drawn
    assert text == ""
    assert one != other


@in_one_browser
async def test_patching_keeps_every_node_that_did_not_change(page: Page) -> None:
    body = """
      const draw = (text) => module.h("div", {}, module.h("p", {}, "same"), module.h("p", {}, text), module.h("input"));
      const shown = draw("old");
      document.body.append(shown);
      const [same, changed, input] = shown.children;
      input.value = "typed";
      module.patch(shown, draw("new"));
      return [shown.children[0] === same, shown.children[1] === changed, changed.textContent, shown.children[2].value];
    """

    assert await _evaluate(page, "dom", body) == [True, True, "new", "typed"]


PLAIN = {"type": "plain_text", "text": "x"}
OPTIONS = [{"text": PLAIN, "value": "x"}, {"text": PLAIN, "value": "y"}]
HELD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "plain_text_input", "multiline": True}, {"value": "two\nlines"}),
    ({"type": "number_input", "is_decimal_allowed": True}, {"value": "29.00"}),
    ({"type": "static_select", "options": OPTIONS}, {"selected_option": OPTIONS[1]}),
    ({"type": "radio_buttons", "options": OPTIONS}, {"selected_option": OPTIONS[1]}),
    ({"type": "checkboxes", "options": OPTIONS}, {"selected_options": OPTIONS}),
    ({"type": "users_select"}, {"selected_user": "U0ANA00001"}),
    ({"type": "datepicker"}, {"selected_date": "2026-10-01"}),
    ({"type": "timepicker"}, {"selected_time": "09:30"}),
    ({"type": "datetimepicker"}, {"selected_date_time": 1790000007}),
]
ROUND_TRIP = """
  const { renderBlocks } = await import("/static/js/blocks.js");
  const form = document.createElement("form");
  const draw = (values) => form.replaceChildren(...renderBlocks(module.startingFrom(values, argument.blocks), store));
  draw({});
  const empty = module.readValues(form);
  draw(argument.values);
  return [empty, module.readValues(form)];
"""


@in_one_browser
async def test_every_element_of_a_form_holds_what_slack_says_it_holds(page: Page) -> None:
    blocks = [
        {"type": "input", "block_id": f"b{n}", "label": PLAIN, "element": {"action_id": "a", **spec}}
        for n, (spec, _) in enumerate(HELD)
    ]
    values = {f"b{n}": {"a": {"type": spec["type"], **held}} for n, (spec, held) in enumerate(HELD)}

    empty, read = await _evaluate(page, "element_state", ROUND_TRIP, {"blocks": blocks, "values": values})

    assert read == values
    nothing = [{name: [] if name == "selected_options" else None for name in held} for _, held in HELD]
    assert [{k: v for k, v in states["a"].items() if k != "type"} for states in empty.values()] == nothing


@in_one_browser
async def test_what_was_typed_stays_in_its_block_wherever_that_moves(page: Page) -> None:
    body = """
      const block = (id) => module.h("div", { "data-block-id": id }, module.h("input"));
      const form = module.h("form", {}, block("a"), block("b"));
      form.children[1].firstChild.value = "typed";
      module.patchChildren(form, [block("new"), block("b"), block("c")]);
      return [...form.children].map((one) => [one.dataset.blockId, one.firstChild.value]);
    """

    assert await _evaluate(page, "dom", body) == [["new", ""], ["b", "typed"], ["c", ""]]


@pytest.mark.parametrize(
    ("element", "value", "error"),
    [
        ({"type": "plain_text_input"}, None, "required"),
        ({"type": "plain_text_input", "min_length": 3}, "no", "at least 3"),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "whole"),
        ({"type": "number_input", "is_decimal_allowed": True}, "29 USD", "valid number"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "29"}, "29.01", "at most 29"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "29"}, "29.00", None),
    ],
)
@in_one_browser
async def test_a_form_is_checked_before_it_is_sent(
    page: Page, element: dict[str, Any], value: str | None, error: str | None
) -> None:
    block = {"type": "input", "block_id": "b", "element": {**element, "action_id": "a"}}
    values = {"b": {"a": {"type": element["type"], "value": value}}}
    body = "return module.formErrors(argument.values, [argument.block]);"

    errors = await _evaluate(page, "form_checks", body, {"block": block, "values": values})

    assert list(errors) == (["b"] if error else [])
    assert error is None or error in errors["b"]


HOME = {
    "type": "home",
    "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "Waiting for you"}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "*Refund*"},
            "accessory": {
                "type": "button",
                "action_id": "open",
                "value": "7",
                "text": PLAIN | {"text": "Open"},
                "confirm": {"title": PLAIN, "text": PLAIN, "confirm": PLAIN | {"text": "Yes"}, "deny": PLAIN},
            },
        },
    ],
}


async def test_the_home_appears_when_it_is_published_and_its_buttons_ask_first() -> None:
    manifest = yaml.safe_load((STATIC.parents[2] / "manifest.yml").read_text())
    manifest["features"]["app_home"]["home_tab_enabled"] = True
    slack = SlackStandIn(manifest)
    await slack.start()
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)

    def clicks() -> list[Delivery]:
        return [one for one in slack.deliveries if one.kind == "interactive"]

    async with opened(f"{slack.url}/?as={ANA}#home") as page:
        home = page.get_by_test_id("app-home")
        await expect(home.get_by_test_id("home-empty")).to_be_visible()
        await client.views_publish(user_id=ANA, view=HOME)
        await expect(home.get_by_role("heading", name="Waiting for you")).to_be_visible()

        await home.get_by_role("button", name="Open").click()
        assert clicks() == []
        await page.get_by_test_id("confirm").get_by_role("button", name="Yes").click()
        await slack.until(clicks)
        await expect(page.get_by_test_id("toast")).to_contain_text("did not respond")

        await page.get_by_test_id("home-tab").press("ArrowRight")
        await expect(page.get_by_test_id("messages-tab")).to_be_focused()
        await expect(page.get_by_test_id("composer")).to_be_visible()
        await expect(home).to_be_hidden()
    await slack.stop()

    assert clicks()[0].payload["actions"][0]["value"] == "7"
