# How does a folder of files become a web site? nginx serves it, as nobody in particular, on the port the app names.
# What the agent passes and promises: README.md, "What a dockerfile is given".
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
ARG DIR=.
COPY ${DIR} /srv/site/
