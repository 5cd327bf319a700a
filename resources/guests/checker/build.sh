#!/bin/sh
# Builds the checker guest: ./build.sh [output]; the default output is the committed checker.Image beside this script.
set -eu
exec "$(dirname "$0")/../build-image.sh" checker "${1:-}" \
    ../tiny/start.S registers.S main.c arithmetic.c contents.c timer.c signals.c interrupts.c ../tiny/console.c ../tiny/fdt.c
