# Sourced by the scripts here: root access, Debian packages, the cache folder.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${GCTXDBG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gctxdbg}

say() { printf '== %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need_packages NAME...: installs the Debian packages that are missing and prints their names.
need_packages() {
	local missing=() name
	for name in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing Debian packages: ${missing[*]}"
	apt-cache show "${missing[@]}" >/dev/null 2>&1 || as_root apt-get update -q >&2
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
}

build_packages=(cmake ninja-build gcc libc6-dev pkg-config libdwarf-dev libelf-dev libunwind-dev
	libreadline-dev libyajl-dev uthash-dev libpcre2-dev libzydis-dev libpopt-dev zlib1g-dev libcmocka-dev libseccomp-dev)
