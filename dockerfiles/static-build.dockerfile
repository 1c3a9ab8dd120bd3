# How does a site that must be built first (Vite, Astro, Eleventy …) become one? As a Node app, then as a folder of files.
# What the agent passes and promises: README.md, "What a dockerfile is given".
ARG VERSION=22
FROM node:${VERSION}-bookworm-slim AS built
COPY .kraken/prepare.sh .kraken/install-node.sh .kraken/pick-site.sh /usr/local/lib/kraken/
ARG PACKAGES=
RUN sh /usr/local/lib/kraken/prepare.sh
ENV YARN_NODE_LINKER=node-modules PATH=/home/app/.local/bin:$PATH NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false NPM_CONFIG_AUDIT=false
WORKDIR /app
USER app
# COPY fails when nothing matches: the script is always there, the manifests need not be.
COPY --chown=app:app .kraken/install-node.sh package*.json npm-shrinkwrap.jso[n] yarn.loc[k] pnpm-lock.yam[l] .npmr[c] .yarnrc.ym[l] ./
ARG BUILD=
ARG TEST=
RUN sh /usr/local/lib/kraken/install-node.sh early && rm install-node.sh
COPY --chown=app:app . ./
RUN sh /usr/local/lib/kraken/install-node.sh late
ARG DIR=
RUN sh /usr/local/lib/kraken/pick-site.sh

FROM nginx:stable
COPY .kraken/prepare-static.sh .kraken/static.nginx.conf /usr/local/lib/kraken/
ARG PORT=8080
ARG SPA=
ARG VOLUMES=
RUN sh /usr/local/lib/kraken/prepare-static.sh
# Ports below 1024 need no capability: Docker lets every user of a container bind them.
USER 10001:10001
STOPSIGNAL SIGQUIT
ENTRYPOINT []
CMD ["nginx", "-c", "/etc/nginx/site.conf", "-g", "daemon off;"]
# Kraken's labels stand here
COPY --from=built /home/app/site /srv/site/
