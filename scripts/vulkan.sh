#!/bin/sh
# Builds llama-cpp-python with Vulkan beside the ordinary one and runs the offload tests on it (about 12 minutes the
# first time). Without a graphics card they run on Mesa's software device, slowly. Usage: vulkan.sh [pytest options]
# What it needs from Debian: mesa-vulkan-drivers glslc spirv-headers libvulkan-dev
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test
cache=${XDG_CACHE_HOME:-$HOME/.cache}/chatapp
llama=$(sed -n 's/^llama=//p' scripts/setup.sh)
site=$cache/vulkan/$(printf '%s' "$llama $(.venv/bin/python --version)" | cksum | tr ' ' -)
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }

packages="mesa-vulkan-drivers glslc spirv-headers libvulkan-dev"
if command -v dpkg-query >/dev/null && ! dpkg-query -W $packages >/dev/null 2>&1; then
    [ "$(id -u)" = 0 ] || { echo "Install first: sudo apt-get install $packages" >&2; exit 1; }
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi

# llama.cpp wants newer Vulkan headers than Debian 12 has: those of Debian 13 are unpacked beside the build.
headers=/usr/include
version=$(sed -n 's/#define VK_HEADER_VERSION \([0-9]*\)/\1/p' /usr/include/vulkan/vulkan_core.h)
if [ "$version" -lt 290 ]; then
    headers=$PWD/build/vulkan/headers/usr/include
    if [ ! -d "$headers" ]; then
        here=$PWD/build/vulkan/apt
        mkdir -p "$here/lists/partial" "$here/archives/partial"
        key=/usr/share/keyrings/debian-archive-keyring.gpg
        echo "deb [signed-by=$key] http://deb.debian.org/debian trixie main" > "$here/sources.list"
        set -- -o "Dir::Etc::sourcelist=$here/sources.list" -o Dir::Etc::sourceparts=/nonexistent \
            -o "Dir::State::Lists=$here/lists" -o "Dir::Cache=$here" -- "$@"
        options=
        while [ "$1" != -- ]; do options="$options $1"; shift; done
        shift
        apt-get $options -qq update
        (cd "$here" && apt-get $options -qq download libvulkan-dev)
        dpkg-deb -x "$here"/libvulkan-dev_*.deb build/vulkan/headers
    fi
fi

if [ ! -d "$site/llama_cpp" ]; then
    echo "Building $llama with Vulkan (about 12 minutes on 2 cores) ..."
    export CMAKE_ARGS="-DLLAVA_BUILD=OFF -DCMAKE_PROJECT_llama_cpp_INCLUDE=$PWD/scripts/llama-without-common.cmake \
        -DGGML_NATIVE=OFF -DGGML_VULKAN=ON -DVulkan_INCLUDE_DIR=$headers"
    pip wheel --quiet --no-cache-dir --no-deps -w build/vulkan/wheel "$llama"
    mkdir -p "$site"
    pip install --quiet --no-deps --no-index --target "$site" build/vulkan/wheel/llama_cpp_python-*.whl
fi

export PYTHONPATH="$site" OMP_WAIT_POLICY=passive QT_QPA_PLATFORM=offscreen GGML_VK_VISIBLE_DEVICES="${GGML_VK_VISIBLE_DEVICES:-0}"
exec .venv/bin/python -m pytest --gpu "$@"
