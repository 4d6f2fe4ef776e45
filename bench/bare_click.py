"""`python -m bench.bare_click URL`: what going on with a saved run takes of the SDK alone, up to the body of the tool.

For each line `{"items": …}` a conversation with so many items comes to a call that waits, as the model is told to;
its state is saved, read and approved, and the run goes on. It tells the seconds of the processor since it was read.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
import time
from typing import Any

import uvloop
from agents import FunctionTool, RunConfig, Runner, RunState, SQLiteSession

from bench.bare_sdk import Alone
from bench.long_thread import exchange

QUIET = RunConfig(tracing_disabled=True)


class Clicked(Alone):
    """Agents whose tools with an approval do nothing, and tell when they are called."""

    #: When the last one was, by the clock of the processor.
    called = 0.0

    def approved(self, tool: FunctionTool) -> FunctionTool:
        """A tool as the SDK alone has it."""

        async def body(_context: Any, _arguments: str) -> str:
            self.called = time.process_time()
            return "done"

        return dataclasses.replace(tool, needs_approval=True, on_invoke_tool=body)

    async def seconds(self, items: int) -> float:
        """Wait for an approval in a conversation of so many items, save, read and go on."""
        session = SQLiteSession("click")
        await session.clear_session()
        await session.add_items([item for number in range(items // 4) for item in exchange(number)])
        result = Runner.run_streamed(self.agent, "refund it", session=session, run_config=QUIET)
        async for _ in result.stream_events():
            pass
        saved = result.to_state().to_string()
        began = time.process_time()
        state = await RunState[Any, Any].from_string(self.agent, saved)
        for asked in state.get_interruptions():
            state.approve(asked)
        result = Runner.run_streamed(self.agent, state, session=session, run_config=QUIET)
        async for _ in result.stream_events():
            pass
        session.close()
        return self.called - began


async def main() -> None:
    """Answer each line."""
    clicked = Clicked(sys.argv[1], "responses")
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await clicked.seconds(json.loads(line)["items"])), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
