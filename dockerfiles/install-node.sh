#!/bin/sh
# How are a Node app's packages installed? From its lock file, before the source is copied where that is possible, so that
# Docker's cache keeps them until a manifest changes. Runs as the app's user, in its folder.
#   install-node.sh early    before the source is there
#   install-node.sh late     with the source: what could not be done early, then BUILD
#   install-node.sh prune    drops the development packages again
# BUILD and TEST are the app's commands; either needs the development packages.
set -eu
noted=$HOME/.local/share/kraken # files that say what was done, outside the app's folder
mkdir -p "$noted"

if [ -f package-lock.json ] || [ -f npm-shrinkwrap.json ]; then
    tool=npm-ci
elif [ -f pnpm-lock.yaml ]; then
    tool=pnpm
elif [ -f yarn.lock ]; then
    tool=yarn
else
    tool=npm
fi

# Workspaces, packages in the repository and the app's own install scripts need the source.
needs_source() {
    node -e '
        const p = JSON.parse(require("fs").readFileSync("package.json", "utf8")), has = Object.keys(p.scripts ?? {});
        const hooks = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
        const wanted = Object.values({ ...p.dependencies, ...p.devDependencies, ...p.optionalDependencies });
        const local = wanted.some((v) => /^(file:|link:|portal:|workspace:|\.{0,2}\/)/.test(v));
        process.exit(p.workspaces || local || hooks.some((h) => has.includes(h)) ? 0 : 1);'
}

# The pnpm or yarn that package.json names, else one that fits the lock file.
provide_tool() {
    name=$(node -p '(require("./package.json").packageManager ?? "").split("+")[0]')
    case $tool/$name in
        pnpm/pnpm@*) ;;
        pnpm/*) name=pnpm@10 ;;
        yarn/yarn@1.*) ;;
        yarn/yarn@*) name=@yarnpkg/cli-dist@${name#yarn@} ;;
        yarn/*) if grep -q '^__metadata:' yarn.lock; then name=@yarnpkg/cli-dist@4; else name=yarn@1; fi ;;
    esac
    npm install --global --prefix "$HOME/.local" "$name"
}

# install yes|no: with development packages?
install() {
    case $tool in pnpm | yarn) provide_tool ;; esac
    case $tool/$1 in
        npm-ci/yes) npm ci --include=dev ;;
        npm-ci/no) npm ci --omit=dev ;;
        npm/yes) npm install --include=dev ;;
        npm/no) npm install --omit=dev ;;
        pnpm/yes) CI=true pnpm install --frozen-lockfile --prod=false ;;
        pnpm/no) CI=true pnpm install --frozen-lockfile --prod ;;
        yarn/*)
            case $(yarn --version) in
                1.*) yarn install --frozen-lockfile --non-interactive --production=false ;;
                *) yarn install --immutable ;;
            esac
            ;;
    esac
    echo "$1" >"$noted/development-packages"
    rm -rf "$HOME/.npm" "$HOME/.cache"
}

# Commands of the app run as on its author's machine; NODE_ENV=production is for the finished image.
unset NODE_ENV
wants_development=no
if [ -n "${BUILD:-}${TEST:-}" ]; then wants_development=yes; fi

case $1 in
    early)
        if [ -f package.json ] && ! needs_source; then install "$wants_development"; fi
        ;;
    late)
        if [ -f package.json ] && [ ! -f "$noted/development-packages" ]; then install yes; fi
        if [ -n "${BUILD:-}" ]; then sh -c "$BUILD"; fi
        ;;
    prune)
        if [ "$(cat "$noted/development-packages" 2>/dev/null)" = yes ]; then
            case $tool in
                npm*) npm prune --omit=dev --ignore-scripts ;;
                pnpm) CI=true pnpm prune --prod --ignore-scripts ;;
                yarn) echo "yarn has no prune; the development packages stay" ;;
            esac
            echo no >"$noted/development-packages"
        fi
        ;;
esac
