#!/bin/sh
# Builds the mapper guest: ./build.sh [output]; the default output is the committed mapper.Image beside this script.
set -eu
exec "$(dirname "$0")/../build-image.sh" mapper "${1:-}" \
    ../tiny/start.S moving.S main.c prepare.c hammer.c ../tiny/console.c ../tiny/interrupts.c ../tiny/fdt.c
