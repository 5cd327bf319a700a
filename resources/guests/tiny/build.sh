#!/bin/sh
# Builds the tiny guest: ./build.sh [output]; the default output is the committed tiny.Image beside this script.
set -eu
exec "$(dirname "$0")/../build-image.sh" tiny "${1:-}" \
    start.S main.c commands.c console.c interrupts.c latency.c fdt.c
