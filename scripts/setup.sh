#!/bin/sh
# Makes .venv ready. Usage: setup.sh run|test. Does nothing where everything is in place already.
# The compiled llama-cpp-python is kept in the user's cache, so that a second checkout need not build it again.
set -eu
mode=$1
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/chatapp
llama=llama-cpp-python==0.3.36

sh scripts/system_packages.sh "$mode"

command -v "$PYTHON" >/dev/null || { echo "Python 3.10 to 3.13 is needed; set PYTHON=/path/to/python3." >&2; exit 1; }
"$PYTHON" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || {
    echo "Python 3.10 to 3.13 is needed, found $("$PYTHON" --version). Set PYTHON=/path/to/another." >&2; exit 1; }

# What the set-up depends on: where this has not changed since the last time, there is nothing to do.
wanted="$mode $("$PYTHON" --version) ${CMAKE_ARGS:-} $(cat pyproject.toml constraints.txt scripts/setup.sh | cksum)"
stamp=.venv/.setup-$mode
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    [ "$mode" = test ] || .venv/bin/python -m scripts.starter_model
    exit 0
fi

[ -x .venv/bin/python ] || { rm -rf .venv; "$PYTHON" -m venv .venv; }
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }

# Without the examples and the multimodal part llama.cpp builds in 2 minutes instead of 6; without GGML_NATIVE the
# wheel also runs on other machines (AVX2 and FMA stay on, at no measurable cost). CMAKE_ARGS adds to this.
args="-DLLAVA_BUILD=OFF -DCMAKE_PROJECT_llama_cpp_INCLUDE=$PWD/scripts/llama-without-common.cmake -DGGML_NATIVE=OFF ${CMAKE_ARGS:-}"
tag=$(.venv/bin/python -c 'import platform; print(platform.system(), platform.machine(), platform.libc_ver()[1])')
key=$(printf '%s' "$llama $tag ${CMAKE_ARGS:-} $(cat scripts/llama-without-common.cmake)" | cksum | tr ' ' -)
wheels=$cache/wheels/$key
if ! ls "$wheels"/llama_cpp_python-*.whl >/dev/null 2>&1; then
    echo "Building $llama (about 3 minutes on 2 cores) ..."
    mkdir -p "$wheels" build
    CMAKE_ARGS=$args pip wheel --quiet --no-cache-dir --no-deps -w build/wheel "$llama"
    mv build/wheel/llama_cpp_python-*.whl "$wheels"/
fi
extra=; [ "$mode" = run ] || extra='[dev,bundle,finetune]'
echo "Installing packages ..."
pip install --quiet --constraint constraints.txt --find-links "$wheels" --only-binary llama-cpp-python -e ".$extra"

if [ "$mode" = test ]; then
    .venv/bin/python -m scripts.starter_model --cache-only
else
    .venv/bin/python -m scripts.starter_model
fi
printf '%s' "$wanted" > "$stamp"
