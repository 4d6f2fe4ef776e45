// Times as Slack writes them, in the reader's own time zone.

const LOCALE = "en-US";
const SHORT = { month: "short", day: "numeric" };
const LONG = { weekday: "long", month: "long", day: "numeric" };

/** A Slack ts ("1795000000.000100") or unix seconds as a Date. */
export const dateOf = (ts) => new Date(Math.floor(Number(ts) * 1000));

export const clock = (date) => date.toLocaleTimeString(LOCALE, { hour: "numeric", minute: "2-digit" });

export const fullTime = (date) =>
  `${date.toLocaleDateString(LOCALE, { ...SHORT, year: "numeric" })} at ${date.toLocaleTimeString(LOCALE)}`;

/** A date as a field for date and time takes it: "2026-10-01T09:30", in the reader's own time zone. */
export function localMinute(date) {
  const two = (number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(two).join("-");
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The name of a day for the dividers between messages. */
export const dayName = (date) => relativeDay(date) ?? date.toLocaleDateString(LOCALE, LONG);

function relativeDay(date) {
  const midnight = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(new Date())) / 86_400_000);
  return { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[days] ?? null;
}

/** "5 minutes ago", "in 3 days". */
export function ago(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const units = [["day", 86_400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return format.format(Math.round(seconds / size), unit);
}

/** Slack's `<!date^unix^format^link|fallback>` formats: the `{…}` parts filled in. */
export function formatDateToken(unix, format) {
  const date = dateOf(unix);
  const day = (options) => date.toLocaleDateString(LOCALE, options);
  const pretty = (options) => relativeDay(date)?.toLowerCase() ?? day(options);
  const parts = {
    date_num: () => [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, "0")).join("-"),
    date: () => day({ month: "long", day: "numeric", year: "numeric" }),
    date_slash: () => day({ month: "2-digit", day: "2-digit", year: "numeric" }),
    date_short: () => day({ ...SHORT, year: "numeric" }),
    date_long: () => day({ ...LONG, year: "numeric" }),
    date_pretty: () => pretty({ month: "long", day: "numeric", year: "numeric" }),
    date_short_pretty: () => pretty({ ...SHORT, year: "numeric" }),
    date_long_pretty: () => pretty({ ...LONG, year: "numeric" }),
    time: () => clock(date),
    time_secs: () => date.toLocaleTimeString(LOCALE),
    ago: () => ago(date),
    day_divider_pretty: () => dayName(date),
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => parts[name]?.() ?? whole);
}
