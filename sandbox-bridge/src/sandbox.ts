import { Sandbox as Upstream } from "@cloudflare/sandbox";
import { allowedHosts } from "./egress";

/** One container: what it may reach and how long it stays. */
export class Sandbox extends Upstream<Env> {
  /** Idle time after which it is stopped and its files are lost; memory and disk are billed until then. */
  override sleepAfter = "15m";
  /** Off: only what `allowedHosts` lists leaves the container, on ports 80 and 443. */
  override enableInternet = false;
  /** Off by default in 0.12.10; without it no HTTPS request passes, allowed or not. */
  override interceptHttps = true;
  override allowedHosts = allowedHosts(this.env.EGRESS_ALLOW);
}
