# The image that the chart names. Built by an engine: docker build -t registry.example.org/you/scout:0.1.0 .
# Without one: `make image`. Give both bases by digest where builds must be repeatable.
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0
ARG BASE=debian:bookworm-slim

FROM ${SDK} AS build
WORKDIR /src
COPY . .
RUN dotnet publish src/Scout.Cli -c Release -p:RestoreLockedMode=true -o /app --nologo

FROM ${BASE}
LABEL org.opencontainers.image.title="scout" org.opencontainers.image.licenses="Apache-2.0"
# check_icmp and check_dhcp want setuid, which nothing has here; the native probes need none.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libssl3 libstdc++6 zlib1g tzdata monitoring-plugins-basic \
 && rm -rf /var/lib/apt/lists/* \
 && find / -xdev -perm /6000 -type f -exec chmod a-s {} + \
 && find / -xdev -type d -perm -0002 ! -path /tmp -exec chmod o-w {} +
COPY --from=build /app /app
COPY --chmod=0755 checks/ /usr/lib/scout/plugins/
ENV DOTNET_EnableDiagnostics=0
EXPOSE 8619/tcp 8620/tcp 8620/udp
USER 65532:65532
ENTRYPOINT ["/app/scout"]
