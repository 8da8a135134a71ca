#!/usr/bin/env bash
# Builds the container image with whichever builder is here. Usage: build.sh [TAG] [more arguments of the builder]
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=${1:-outrigger:dev}
shift || true
commit=$(git rev-parse --short HEAD 2> /dev/null || echo unknown)
arguments=(-f deploy/docker/Dockerfile -t "$tag" --build-arg "COMMIT=$commit" "$@" .)
if command -v docker > /dev/null 2>&1; then
  exec docker build "${arguments[@]}"
fi
for builder in podman buildah; do
  if command -v "$builder" > /dev/null 2>&1; then
    # Their own format has no place for HEALTHCHECK.
    exec "$builder" build --format docker "${arguments[@]}"
  fi
done
echo "no container builder is installed: docker, podman or buildah" >&2
exit 1
