# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The list of messages behind the bell."""
import pytest
from conftest import message
from playwright.sync_api import expect
from test_accessibility import violations_of_all

SAY = """
    const page = document.querySelector('script[src$="page.js"]').src;
    const { say, unsay, sayBriefly } = await import(page.replace("page.js", "notices.js"));
"""


@pytest.fixture
def box(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    return viewer.open(daemon.url).live().wait_frame()


def entries(viewer):
    return viewer.page.locator("#messages-list li").all_inner_texts()


def test_a_message_that_was_put_away_is_in_the_list(box):
    bell = box.page.get_by_role("button", name="Messages")
    box.call(SAY + """
        say("one", "The first thing.");
        say("two", "The second thing.", { kind: "warning" });
        sayBriefly("brief", "Copied.");
        unsay("one");
    """)
    expect(bell).to_have_attribute("aria-label", "Messages, 2 new")
    box.page.locator('.notice[data-key="two"] .close').click()
    bell.click()
    box.page.get_by_role("dialog", name="Messages").wait_for()
    box.wait_good(lambda: entries(box), lambda texts: len(texts) == 2 and "second" in texts[0] and "(over)" in texts[0]
                  and "first" in texts[1])
    box.page.keyboard.press("Escape")
    expect(bell).to_have_attribute("aria-label", "Messages")
    # The same words again are a new message only if the old one is over.
    box.call(SAY + 'say("two", "The second thing."); say("two", "The second thing.");')
    expect(bell).to_have_attribute("aria-label", "Messages, 1 new")


def test_what_to_do_can_be_done_from_the_list(box):
    box.call(SAY + """
        window.done = 0;
        say("act", "Something is wrong.", { action: { label: "Mend it", run: () => { window.done += 1; } } });
    """)
    box.page.get_by_role("button", name="Messages").click()
    box.page.locator("#messages-list").get_by_role("button", name="Mend it").click()
    box.wait_call("window.done === 1")


def test_the_list_holds_the_last_fifty(box):
    box.call(SAY + "for (let each = 0; each < 200; each++) { say('many', `Number ${each}`); }")
    box.page.get_by_role("button", name="Messages").click()
    box.wait_good(lambda: entries(box), lambda texts: len(texts) == 50 and "Number 199" in texts[0]
                  and "Number 150" in texts[-1])


def test_a_refused_model_is_in_the_list(daemon, viewer):
    daemon.start("--max-message", "100k")
    viewer.open(daemon.url).live()
    daemon.kernel().send("D:" + "x" * 200000)
    viewer.page.locator(".notice", has_text="--max-message").wait_for()
    viewer.page.get_by_role("button", name="Messages, 1 new").click()
    viewer.page.locator("#messages-list li", has_text="--max-message").wait_for()


def test_a_studio_light_of_another_server_is_said(box):
    box.expect_errors("polyhaven", "Content Security Policy")
    box.page.evaluate("() => fetch('https://dl.polyhaven.org/file/x.hdr').catch(() => {})")
    box.page.locator(".notice.warning", has_text="dl.polyhaven.org").wait_for()


def test_the_open_list_has_no_violation(box):
    box.call(SAY + 'say("one", "A thing."); say("two", "Another.", { kind: "error" }); unsay("one");')
    box.page.get_by_role("button", name="Messages").click()
    assert violations_of_all(box, (900,), 640) == {}
