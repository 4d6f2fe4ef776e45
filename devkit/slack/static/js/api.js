// Talks to the stand-in: JSON requests, and the stream of events of one person.

const RETRY_MS = [250, 500, 1000, 2000];

/** The state of the workspace as one person sees it. Without a person the server chooses the first. */
export const fetchState = (me) => getJson(`/page/state${me ? `?as=${encodeURIComponent(me)}` : ""}`);

export const fetchPanel = (name) => getJson(`/page/panel/${encodeURIComponent(name)}`);

/** Post what a person does; answers `{ok: true, …}` or `{ok: false, error}` and never throws. */
export async function send(path, body) {
  try {
    const response = await fetch(`/page/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await response.json();
  } catch {
    return { ok: false, error: "The stand-in did not answer." };
  }
}

async function getJson(path) {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

/** The events of one person. It reconnects by itself; `onOpen` is called each time, so that state can be reloaded. */
export class EventStream {
  #socket = null;
  #closed = false;
  #tries = 0;

  constructor(me, { onFrame, onOpen, onLost }) {
    this.me = me;
    this.handlers = { onFrame, onOpen, onLost };
    this.#connect();
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  #connect() {
    if (this.#closed) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/page/events?as=${encodeURIComponent(this.me)}`);
    this.#socket = socket;
    socket.onopen = () => {
      const again = this.#tries > 0;
      this.#tries = 0;
      this.handlers.onOpen(again);
    };
    socket.onmessage = (event) => this.#closed || this.handlers.onFrame(JSON.parse(event.data));
    socket.onclose = () => this.#retry();
  }

  #retry() {
    if (this.#closed) return;
    const wait = RETRY_MS[Math.min(this.#tries, RETRY_MS.length - 1)];
    this.#tries += 1;
    this.handlers.onLost();
    setTimeout(() => this.#connect(), wait);
  }
}
