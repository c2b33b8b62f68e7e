# drover, as the Debian package that the sources make: `docker build -t drover .`
#
# One image for everything: `coordinator`, `worker`, and the commands. It runs as user 10001; the folders that
# are written to are /run/drover (the socket) and /var/lib/drover (the journal).
FROM debian:12-slim AS build
WORKDIR /source
COPY scripts/install-deps scripts/build scripts/
RUN scripts/install-deps build
COPY CMakeLists.txt rooms.cmake CMakePresets.json CHANGELOG.md GLOSSARY.md LICENSE README.md SECURITY.md ./
COPY common common
COPY coordinator coordinator
COPY worker worker
COPY cli cli
COPY config config
COPY deploy deploy
COPY docs docs
RUN scripts/build release \
    && cpack -G DEB --config build/release/CPackConfig.cmake -B build/package \
    && mv build/package/*.deb /drover.deb

FROM debian:12-slim AS drover
RUN groupadd --system --gid 10001 drover \
    && useradd --system --uid 10001 --gid drover --home-dir /var/lib/drover --no-create-home \
        --shell /usr/sbin/nologin drover
COPY --from=build /drover.deb /tmp/drover.deb
RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends /tmp/drover.deb ca-certificates \
    && rm -rf /var/lib/apt/lists/* /tmp/drover.deb \
    && install -d -o drover -g drover -m 0700 /run/drover
USER 10001:10001
WORKDIR /var/lib/drover
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 \
    CMD ["drover", "health", "--config", "/etc/drover/drover.yaml"]
ENTRYPOINT ["drover"]
CMD ["help"]

# Only for deploy/kubernetes, where stunnel brings mutual TLS between the pods: `docker build --target tls -t drover-tls .`
FROM drover AS tls
USER root
RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends stunnel4 \
    && rm -rf /var/lib/apt/lists/*
USER 10001:10001

# What is built when no stage is named.
FROM drover
