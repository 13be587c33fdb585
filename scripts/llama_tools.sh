#!/bin/sh
# Builds llama-bench, llama-server and llama-batched-bench from the llama.cpp source inside the llama-cpp-python sdist,
# with the flags of our wheel, for the benchmarks (about 5 minutes on 2 cores). Prints the folder they are in.
set -eu
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/chatapp
llama=$(sed -n 's/^llama=//p' scripts/setup.sh)
tools=$cache/llama-tools/$(printf '%s' "$llama ${CMAKE_ARGS:-}" | cksum | tr ' ' -)
if [ ! -x "$tools/bin/llama-server" ]; then
    source=$PWD/build/llama-source
    rm -rf "$source" && mkdir -p "$source"
    .venv/bin/python -m pip --disable-pip-version-check download --quiet --no-deps --no-binary llama-cpp-python \
        -d "$source" "$llama" >&2
    tar xzf "$source"/*.tar.gz -C "$source" --strip-components 1
    command -v cmake >/dev/null || { .venv/bin/python -m pip install --quiet cmake >&2; PATH=$PWD/.venv/bin:$PATH; }
    # shellcheck disable=SC2086
    cmake -S "$source/vendor/llama.cpp" -B "$tools" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=OFF \
        -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
        -DLLAMA_USE_PREBUILT_UI=OFF ${CMAKE_ARGS:-} >&2
    cmake --build "$tools" -j "$(getconf _NPROCESSORS_ONLN)" --target llama-bench llama-server llama-batched-bench >&2
fi
echo "$tools/bin"
