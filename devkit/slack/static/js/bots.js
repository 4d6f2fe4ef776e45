// The bot processes: kill one while a card waits and see another one finish the run.

import { send } from "./api.js";
import { h } from "./dom.js";

export function renderBots({ bots = [] }) {
  return h(
    "section",
    { class: "dock-part bots", "data-testid": "bots" },
    h("h3", {}, "Bots"),
    h("ul", { class: "dock-scroll" }, bots.map(botRow)),
  );
}

export const botsSummary = ({ bots = [] }) => {
  const running = bots.filter((bot) => bot.state === "running").length;
  const all = `${bots.length} ${bots.length === 1 ? "bot" : "bots"}`;
  return running === bots.length ? `${all} running` : `${running} of ${all} running`;
};

function botRow(bot) {
  const running = bot.state === "running";
  const action = running ? "kill" : "start";
  return h(
    "li",
    { class: "bot", "data-testid": "bot-row", "data-name": bot.name, "data-state": bot.state },
    h("i", { class: `presence${running ? "" : " presence-away"}` }),
    h("span", { class: "bot-name" }, h("b", {}, bot.name), h("small", {}, running ? `pid ${bot.pid}` : "stopped")),
    h("button", { type: "button", class: `button button-small${running ? " button-danger" : " button-primary"}`, title: running ? "Send SIGKILL to this process" : "Start it again", "data-bot-action": action, "data-bot": bot.name, "data-testid": `bot-${action}` }, running ? "Kill" : "Start"),
  );
}

/** Let the buttons in `container` work. */
export function listenForBots(container, page) {
  container.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-bot-action]");
    if (!button) return;
    button.setAttribute("aria-busy", "true");
    const answer = await send("panel/bots", { action: button.dataset.botAction, name: button.dataset.bot });
    button.removeAttribute("aria-busy");
    if (!answer.ok) page.toast(answer.error, "error");
    await page.refreshPanel("bots");
  });
}
