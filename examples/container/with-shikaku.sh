#!/bin/sh
# Runs a command, such as your tests, while the stack runs in a container: `sh with-shikaku.sh COMMAND …`. Needs podman.
#
# The image is built once, from the repository of this file. BASE names the image to build on, with Python 3.11 or newer
# and pip (base-image.sh makes one). The fund answers at http://127.0.0.1:8400, the clinic's web API at 8600, the console at 8800.
set -eu
image=localhost/shikaku
ready_seconds=300

if ! podman image exists "$image"; then
    repository=$(cd "$(dirname "$0")/../.." && pwd)
    podman build --format docker --build-arg "BASE=${BASE:?names an image with Python 3.11 or newer and pip}" \
        --tag "$image" "$repository" # an OCI image has no health check
fi
container=$(podman run --rm --detach \
    --publish 127.0.0.1:8400:8400 --publish 127.0.0.1:8410:8410 --publish 127.0.0.1:8600:8600 \
    --publish 127.0.0.1:8610:8610 --publish 127.0.0.1:8700:8700 --publish 127.0.0.1:8800:8800 "$image")
trap 'podman stop "$container" >/dev/null' EXIT
trap 'exit 130' INT TERM

until podman healthcheck run "$container" >/dev/null; do
    ready_seconds=$((ready_seconds - 1))
    if [ "$ready_seconds" = 0 ] || ! podman container exists "$container"; then
        echo "The stack is not ready:" >&2
        podman logs "$container" >&2 || true
        exit 1
    fi
    sleep 1
done
"$@"
