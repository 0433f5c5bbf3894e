# Installs what the scripts need; sourced by tools/demo, tools/test and others. It installs missing
# Debian packages and npm modules, and builds only the command-line tool.
#
#   . "$(dirname "$0")/lib/setup.sh"
#   need_packages cmake ninja-build      # installs what is missing, or prints an error and exits 1
#   need_npm_modules                     # node_modules as package-lock.json says
#   need_emscripten                      # emcc and node's acorn; NODE_PATH for its links

signflip_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# say MESSAGE…: progress goes to stderr, so that stdout stays for results.
say() { printf '%s\n' "$*" >&2; }

# fail MESSAGE…: prints the error and exits 1.
fail() {
  say "$*"
  exit 1
}

# package_missing PACKAGE: true when dpkg does not know it as installed.
package_missing() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" != installed ]
}

# tool_provides PACKAGE: true when a program on PATH already does a package's work (node or cmake
# from elsewhere), so that an own installation is left alone.
tool_provides() {
  case "$1" in
    nodejs) command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0] >= 18')" = true ] ;;
    npm | cmake | chromium) command -v "$1" >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    g++ | make) command -v "$1" >/dev/null ;;
    *) false ;;
  esac
}

# need_packages PACKAGE…: installs those that are missing, with sudo when not root.
need_packages() {
  local missing=() package sudo=()
  for package in "$@"; do
    if tool_provides "$package"; then continue; fi
    if ! command -v dpkg-query >/dev/null || package_missing "$package"; then missing+=("$package"); fi
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null; then
    fail "This needs ${missing[*]}, and there is no apt-get here: please install them and run it again."
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      fail "This needs ${missing[*]}: please run 'apt-get install ${missing[*]}' as root (there is no sudo here)."
    fi
    sudo=(sudo)
  fi
  say "Installing ${missing[*]} …"
  local log
  log=$(mktemp)
  if ! "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      "${missing[@]}" >"$log" 2>&1; then
    # The package lists may be missing or old: fetch them once and try again.
    "${sudo[@]}" apt-get update >>"$log" 2>&1
    if ! "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        "${missing[@]}" >>"$log" 2>&1; then
      tail -n 3 "$log" >&2
      rm -f "$log"
      fail "apt-get could not install ${missing[*]}: is there a network, and may you install packages?"
    fi
  fi
  rm -f "$log"
}

# need_emscripten: the compiler and what its links look for.
need_emscripten() {
  if ! command -v emcc >/dev/null; then need_packages emscripten; fi
  # Debian's emcc finds its acorn (JavaScript optimiser) only with this.
  export NODE_PATH="${NODE_PATH:-/usr/share/nodejs}"
}

# has_nvcc: whether tools/cmake/cuda.cmake will find the CUDA compiler.
has_nvcc() {
  [ -n "${CUDACXX:-}" ] || command -v nvcc >/dev/null || [ -x "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ]
}

# need_npm_modules: installs node_modules when package-lock.json changed since the last time.
need_npm_modules() {
  need_packages nodejs npm
  # A link leads to a folder that something else maintains.
  if [ -L "$signflip_root/node_modules" ]; then return 0; fi
  local stamp="$signflip_root/node_modules/.signflip-lock"
  if cmp -s "$signflip_root/package-lock.json" "$stamp"; then return 0; fi
  say "Installing the development tools of package.json …"
  (cd "$signflip_root" && npm ci --no-audit --no-fund --loglevel=error >&2) ||
    fail "npm could not install the development tools: is there a network?"
  cp "$signflip_root/package-lock.json" "$stamp"
}

# need_native_packages PACKAGE…: what the native build needs, and these.
need_native_packages() {
  need_packages g++ cmake ninja-build zlib1g-dev libssl-dev libeigen3-dev libstb-dev nlohmann-json3-dev \
    libcli11-dev libtomlplusplus-dev libgtest-dev "$@"
}

# build_signflip: the command-line tool, built as README's commands build it and put on PATH.
build_signflip() {
  need_native_packages
  mkdir -p "$signflip_root/build"
  { cmake --preset release && cmake --build --preset release --target signflip; } \
    >"$signflip_root/build/signflip.log" 2>&1 || fail "signflip did not build; the log is in build/signflip.log."
  PATH="$signflip_root/build/release/tools/signflip:$PATH"
}

# find_data: SIGNFLIP_DATA, where tools/fetch-data put the datasets, unless it is set.
find_data() {
  if [ -z "${SIGNFLIP_DATA:-}" ] && [ -d "$signflip_root/data" ]; then export SIGNFLIP_DATA="$signflip_root/data"; fi
}
