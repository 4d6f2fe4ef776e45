"""Thirty tools as servers of other people offer them: nested, without descriptions, with arrays and references."""

from __future__ import annotations

from typing import Any, Final

from devkit.model.dialogue import Tool

TEXT: Final = {"type": "string"}
COUNT: Final = {"type": "number"}


def tool(name: str, says: str = "", *needed: str, **properties: Any) -> Tool:
    return Tool(
        name,
        says,
        {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False},
    )


def repo(name: str, says: str, *needed: str, **properties: Any) -> Tool:
    both = {
        "owner": {**TEXT, "description": "Repository owner"},
        "repo": {**TEXT, "description": "Repository name"},
    }
    return tool(name, says, "owner", "repo", *needed, **both, **properties)


_LABELS: Final = {"type": "array", "items": TEXT}
_EVENT: Final = {
    "type": "object",
    "properties": {
        "summary": {"$ref": "#/$defs/Text"},
        "when": {
            "type": "object",
            "properties": {
                "date": {"type": "string", "format": "date"},
                "minutes": {"type": "integer", "minimum": 5, "default": 30},
            },
            "required": ["date"],
        },
    },
    "required": ["summary", "when"],
}

FOREIGN: Final = [
    tool("read_file", "", "path", path=TEXT, head=COUNT),
    tool("read_multiple_files", "", "paths", paths={"type": "array", "items": TEXT}),
    tool("write_file", "", "path", "content", path=TEXT, content=TEXT),
    tool(
        "edit_file",
        "",
        "path",
        "edits",
        path=TEXT,
        edits={
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"oldText": TEXT, "newText": TEXT},
                "required": ["oldText", "newText"],
            },
        },
    ),
    tool("create_directory", "", "path", path=TEXT),
    tool("list_directory", "", "path", path=TEXT),
    tool("move_file", "", "source", "destination", source=TEXT, destination=TEXT),
    tool("search_files", "", "path", "pattern", path=TEXT, pattern=TEXT),
    tool("get_file_info", "", "path", path=TEXT),
    tool("list_allowed_directories"),
    repo(
        "create_issue",
        "Create a new issue in a GitHub repository",
        "title",
        title=TEXT,
        body=TEXT,
        labels=_LABELS,
    ),
    repo(
        "list_issues",
        "List issues in a GitHub repository with filtering options",
        state={"enum": ["open", "closed", "all"]},
    ),
    repo("get_issue", "Get details of a specific issue", "issue_number", issue_number=COUNT),
    repo(
        "add_issue_comment",
        "Add a comment to an existing issue",
        "issue_number",
        "body",
        issue_number=COUNT,
        body=TEXT,
    ),
    repo(
        "merge_pull_request",
        "Merge a pull request",
        "pull_number",
        pull_number=COUNT,
        merge_method={"anyOf": [{"enum": ["merge", "squash", "rebase"]}, {"type": "null"}]},
    ),
    repo(
        "create_branch", "Create a new branch in a GitHub repository", "branch", branch=TEXT, from_branch=TEXT
    ),
    repo("fork_repository", "Fork a GitHub repository to your account"),
    tool("search_repositories", "Search for GitHub repositories", "query", query=TEXT, page=COUNT),
    tool("search_users", "Search for users on GitHub", "q", q=TEXT),
    tool(
        "slack_post_message",
        "Post a new message to a Slack channel",
        "channel_id",
        "text",
        channel_id=TEXT,
        text=TEXT,
    ),
    tool("slack_list_channels", "List public channels", limit={"type": "number", "default": 100}),
    tool("slack_get_user_profile", "Get detailed profile information for a user", "user_id", user_id=TEXT),
    Tool(
        "createEvent",
        "",
        {
            "type": "object",
            "properties": {"event": _EVENT},
            "required": ["event"],
            "$defs": {"Text": TEXT},
        },
    ),
    tool("deleteEvent", "", "eventId", eventId=TEXT),
    tool(
        "send_email",
        "Send an email",
        "to",
        "subject",
        "body",
        to={"type": "array", "items": {"type": "string", "format": "email"}},
        subject=TEXT,
        body=TEXT,
    ),
    tool(
        "restart_service",
        "Restart a service of the cluster",
        "service",
        service={"enum": ["web", "worker", "billing-api"]},
        force={"type": "boolean"},
    ),
    tool(
        "scale_deployment",
        "Set how many replicas a deployment has",
        "deployment",
        "replicas",
        deployment=TEXT,
        replicas={"type": "integer", "minimum": 0, "maximum": 50},
    ),
    tool("query", "Run a read-only SQL query", "sql", sql=TEXT),
    tool(
        "fetch",
        "Fetches a URL from the internet and extracts its contents as markdown",
        "url",
        url={"type": "string", "format": "uri"},
        max_length={"type": "integer", "default": 5000},
    ),
    tool("add", "Adds two numbers", "a", "b", a=COUNT, b=COUNT),
]
