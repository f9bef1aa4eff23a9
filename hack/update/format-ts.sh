#!/usr/bin/env bash
# Writes Biome's format.
# shellcheck source=../lib/workspace.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/workspace.sh"

biome format --colors=off --write .
