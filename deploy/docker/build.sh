#!/usr/bin/env bash
# Builds the container image with whichever builder is here. Usage: build.sh [TAG]
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=${1:-outrigger:dev}
for builder in docker podman buildah; do
  if command -v "$builder" >/dev/null 2>&1; then
    exec "$builder" build -f deploy/docker/Dockerfile -t "$tag" .
  fi
done
echo "no container builder is installed: docker, podman or buildah" >&2
exit 1
