#!/usr/bin/env bash
# Installs the tools that are missing. What each target needs is in the Makefile:
#   tools.sh cargo venv cc c++ cmake valgrind pkg-config tshark
# On a Debian-like machine, as root or with sudo, it installs packages. Elsewhere it says what to install.
set -euo pipefail

python=${PYTHON:-python3}
packages=()
missing=()

have() { command -v "$1" >/dev/null 2>&1; }
want() { packages+=("$1"); missing+=("$2"); }

for tool in "$@"; do
    case $tool in
        cargo)
            have cargo || { echo "cargo is missing: install Rust (rustup, stable), then run make again" >&2; exit 1; }
            for component in rustfmt clippy; do
                cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 && continue
                have rustup && rustup -q component add "$component" && continue
                echo "$component is missing: rustup component add $component" >&2
                exit 1
            done ;;
        venv)
            have "$python" || want python3 "Python 3.10 or newer"
            "$python" -c 'import ensurepip, venv' 2>/dev/null || want python3-venv "the Python module venv" ;;
        cc) have cc || have gcc || want gcc "a C compiler" ;;
        c++) have c++ || have g++ || want g++ "a C++ compiler" ;;
        java) have javac || want default-jdk-headless "Java 11 or newer, with its compiler" ;;
        mvn) have mvn || want maven "Maven" ;;
        *) have "$tool" || want "$tool" "$tool" ;;
    esac
done

if ((${#packages[@]} > 0)); then
    as=()
    ((EUID == 0)) || as=(sudo -n)
    if have apt-get && { ((EUID == 0)) || { have sudo && sudo -n true 2>/dev/null; }; }; then
        echo "installing ${packages[*]}"
        log=$(mktemp)
        if ! { "${as[@]}" apt-get update -qq &&
            "${as[@]}" env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -qq --no-install-recommends "${packages[@]}"; } >"$log" 2>&1; then
            cat "$log" >&2
            exit 1
        fi
        rm -f "$log"
    else
        echo "missing: ${missing[*]/%/;} install them (on Debian and Ubuntu: apt-get install ${packages[*]})" >&2
        exit 1
    fi
fi

if [[ " $* " == *" venv "* ]]; then
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || {
        found=$("$python" -V 2>/dev/null || echo not there)
        echo "Python 3.10 or newer is needed, and $python is $found: try make PYTHON=python3.12" >&2
        exit 1
    }
fi
