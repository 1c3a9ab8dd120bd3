# How does a Python app become an image? Packages first, in a layer that lasts as long as the manifests, then the source.
# What the agent passes and promises: README.md, "What a dockerfile is given".
ARG VERSION=3.11
FROM python:${VERSION}-slim-bookworm AS source
COPY .kraken/prepare.sh .kraken/install-python.sh /usr/local/lib/kraken/
ARG PACKAGES=
ARG VOLUMES=
RUN sh /usr/local/lib/kraken/prepare.sh
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 VIRTUAL_ENV=/home/app/venv PATH=/home/app/venv/bin:$PATH
WORKDIR /app
USER app
# COPY fails when nothing matches: the script is always there, the manifests need not be.
COPY --chown=app:app .kraken/install-python.sh requirements*.txt constraints*.txt pyproject.tom[l] uv.loc[k] ./
RUN sh /usr/local/lib/kraken/install-python.sh early && rm install-python.sh
# Kraken's labels stand here
COPY --chown=app:app . ./

FROM source
ARG BUILD=
RUN sh /usr/local/lib/kraken/install-python.sh late
