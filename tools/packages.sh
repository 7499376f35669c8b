# Sourced by tools/setup, tools/test and tools/fuzz: the Debian 12 packages each of them stands on.
# Installed packages are asked for with dpkg-query first; apt runs only when one is missing.
# shellcheck shell=bash

vauban_build_packages=(
  g++ cmake ninja-build ccache pkg-config
  libfyaml-dev nlohmann-json3-dev libsimdjson-dev libfmt-dev libcli11-dev libboost-dev nettle-dev libbdd-dev
  liblzma-dev libmnl-dev libzip-dev libpugixml-dev libgraphviz-dev libxlsxwriter-dev
  python3-pip zlib1g  # HiGHS comes as a wheel (cmake/Highs.cmake)
)
vauban_test_packages=(
  libgtest-dev librapidcheck-dev libvalijson-dev
  python3 python3-yaml clang-format-19 iproute2 nftables
)
# The daemons and tools that `vauban lab` plays with.
vauban_lab_packages=(
  unbound bind9 bind9-dnsutils nsd chrony squid nginx-light openssh-server openssh-client exim4-daemon-light vsftpd curl
  iodine dns2tcp ptunnel-ng
)
vauban_deep_packages=(libbenchmark-dev clang-19 clang-tidy-19 llvm-19 libclang-rt-19-dev)

# src/rdf is Rust behind its C interface and needs cargo 1.87 (cmake/Rust.cmake). Debian 12 has it in its security
# archive, beside the older one; a toolchain of the user's own is as good, and apt's would take its place.
vauban_cargo_suffices() {
  local cargo version
  cargo="$(command -v cargo || echo "$HOME/.cargo/bin/cargo")"
  version="$("$cargo" --version 2>/dev/null)" || return 1
  [[ "$version" =~ ^cargo\ ([0-9]+)\.([0-9]+) ]] || return 1
  ((BASH_REMATCH[1] > 1 || (BASH_REMATCH[1] == 1 && BASH_REMATCH[2] >= 87)))
}
if ! vauban_cargo_suffices; then vauban_build_packages+=(rustc-web cargo-web); fi

# vauban_require PACKAGE...: returns once all are installed; ends the script where that cannot be.
vauban_require() {
  if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: make sure that you have the equivalents of: $*" >&2
    return 0
  fi
  local package missing=()
  for package in "$@"; do
    if [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then return 0; fi

  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "missing packages; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Jobs for the build; VAUBAN_JOBS overrides.
vauban_jobs() { echo "${VAUBAN_JOBS:-$(nproc)}"; }

# vauban_lab: the daemons of the lab, without one of them being started. On a machine that boots with systemd they would
# be at the next boot: there only where it is asked for (tools/test --lab). Tests of the lab skip what is not there.
vauban_lab() {
  if [[ "${1:-}" != --lab ]] && { ((EUID != 0)) || [[ -d /run/systemd/system ]]; }; then
    echo "the daemons of the lab are not installed for you: tools/test --lab"
    return 0
  fi
  local policy=/usr/sbin/policy-rc.d as_root=() own=false
  if ((EUID != 0)); then as_root=(sudo); fi
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
    own=true
  fi
  vauban_require "${vauban_lab_packages[@]}"
  if $own; then "${as_root[@]}" rm -f "$policy"; fi
}
