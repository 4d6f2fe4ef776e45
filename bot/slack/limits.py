"""What Slack allows, in characters unless said otherwise, each with the page that says so."""

from __future__ import annotations

from typing import Final

# https://docs.slack.dev/reference/block-kit/blocks
BLOCKS: Final = 50
BLOCK_ID: Final = 255
# https://docs.slack.dev/reference/block-kit/blocks/markdown-block (all of a message together)
MARKDOWN: Final = 12_000
# https://docs.slack.dev/reference/block-kit/blocks/table-block (with the header; of tables in Markdown nothing is published)
TABLE_ROWS: Final = 100
# https://docs.slack.dev/reference/block-kit/blocks/header-block
HEADER: Final = 150
# https://docs.slack.dev/reference/block-kit/blocks/section-block
SECTION: Final = 3_000
SECTION_FIELD: Final = 2_000
# https://docs.slack.dev/reference/block-kit/blocks/context-block (elements)
CONTEXT_ELEMENTS: Final = 10
# https://docs.slack.dev/reference/block-kit/block-elements/button-element
ACTION_ID: Final = 255
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
# https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
CONFIRM_TEXT: Final = 300
# https://docs.slack.dev/reference/views/modal-views
VIEW_TITLE: Final = 24
VIEW_BLOCKS: Final = 100
PRIVATE_METADATA: Final = 3_000
# https://docs.slack.dev/reference/methods/chat.update
UPDATE_TEXT: Final = 4_000
# https://docs.slack.dev/reference/methods/conversations.replies (messages of one page)
PAGE: Final = 200
# https://docs.slack.dev/apis/web-api/rate-limits: tier 3, which chat.update is in (calls)
EDITS_PER_MINUTE: Final = 50
# The same page: about one message a second in each channel (posts)
POSTS_PER_MINUTE: Final = 60

# The same page: tier 2 to start and to stop a stream, tier 4 to append to one (calls of a minute)
PER_MINUTE: Final = {"chat.startStream": 20, "chat.appendStream": 100, "chat.stopStream": 20}

#: Of all blocks of one message together; not documented, seen as `msg_blocks_too_long`:
#: https://github.com/slackapi/bolt-js/issues/2509
ALL_BLOCKS: Final = 13_000

#: What one message of a reply holds of its text: the rest of `MARKDOWN` and `ALL_BLOCKS` is for
#: closing a fence, for status lines and for the button.
REPLY_PART: Final = 11_000
#: What a card shows of a call's arguments (a form has the rest), and in one element.
ARGUMENTS: Final = 4_000
ARGUMENTS_ELEMENT: Final = 2_500
#: What a card shows of a policy's reason, and what a person may write as one.
REASON: Final = 1_000
#: What a card shows of each other text it holds: reasons, results, changes, roles.
NOTE: Final = 500
#: What a card shows of the words in which something was asked for, and of who may decide.
WORDS: Final = 300
DECIDERS: Final = 1_000
#: What a message says where its blocks are not shown: notifications, screen readers.
FALLBACK: Final = 300
#: What a form says below a field; Slack names no limit, and a longer text pushes the form's buttons off the screen.
FIELD_ERROR: Final = 300
