# The whole of Keymoment in one image: `docker run IMAGE start` is the embedded engine, `start detect` one service of it.
# The base can be another one with Node 24, e.g. a mirror's: --build-arg BASE=…
ARG BASE=node:24-slim

FROM ${BASE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without scripts: the only one that matters fetches Node 24, which the base has.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM ${BASE}
ENV NODE_ENV=production \
    NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning \
    KEYMOMENT_HTTP_HOST=0.0.0.0 \
    KEYMOMENT_HTTP_PORT=8080 \
    KEYMOMENT_DATA_DIR=/var/lib/keymoment
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY . .
RUN mkdir -p /var/lib/keymoment && chown 1000:1000 /var/lib/keymoment
# The user `node` of the base, by number, so that a cluster can see that it isn't root.
USER 1000:1000
VOLUME /var/lib/keymoment
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.KEYMOMENT_HTTP_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/keymoment.js"]
CMD ["start"]
