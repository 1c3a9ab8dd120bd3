# How does a Node app become an image? Packages first, in a layer that lasts as long as the manifests, then the source.
# What the agent passes and promises: README.md, "What a dockerfile is given".
ARG VERSION=22
FROM node:${VERSION}-bookworm-slim AS source
COPY .kraken/prepare.sh .kraken/install-node.sh /usr/local/lib/kraken/
ARG PACKAGES=
ARG VOLUMES=
RUN sh /usr/local/lib/kraken/prepare.sh
ENV NODE_ENV=production YARN_NODE_LINKER=node-modules PATH=/home/app/.local/bin:$PATH NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false NPM_CONFIG_AUDIT=false
WORKDIR /app
USER app
CMD ["npm", "start"]
# COPY fails when nothing matches: the script is always there, the manifests need not be.
COPY --chown=app:app .kraken/install-node.sh package*.json npm-shrinkwrap.jso[n] yarn.loc[k] pnpm-lock.yam[l] .npmr[c] .yarnrc.ym[l] ./
ARG BUILD=
ARG TEST=
RUN sh /usr/local/lib/kraken/install-node.sh early && rm install-node.sh
# Kraken's labels stand here
COPY --chown=app:app . ./

# With development packages: where the build runs, and what `[config] test` is run in.
FROM source AS built
ARG BUILD=
ARG TEST=
RUN sh /usr/local/lib/kraken/install-node.sh late

FROM built
RUN sh /usr/local/lib/kraken/install-node.sh prune
