#!/bin/sh
# Makes an image with Python to build on, from Debian's packages, for who has no registry: `sh base-image.sh NAME`.
#
# Needs debootstrap, buildah and root. SUITE names the release, with Python 3.11 or newer.
set -eu
name=${1:?names the image}
root=$(mktemp -d)
trap 'rm -rf --one-file-system "$root"' EXIT
trap 'exit 130' INT TERM

debootstrap --variant=minbase --include=python3,python3-venv "${SUITE:-bookworm}" "$root"
container=$(buildah from scratch)
buildah add --quiet "$container" "$root" /
buildah commit --quiet --rm "$container" "$name"
