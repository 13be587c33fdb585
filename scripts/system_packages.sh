#!/bin/sh
# Installs the Debian packages that are missing. Usage: system_packages.sh run|test.
# On other systems, and without the right to install, it says what is missing and goes on.
set -eu
mode=$1
[ "$(uname -s)" = Linux ] && command -v dpkg-query >/dev/null || exit 0

build="g++ gcc make libc6-dev ca-certificates python3-venv"
qt="libgl1 libegl1 libglib2.0-0 libdbus-1-3 libxkbcommon0 libfontconfig1"
xcb="libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0"
testing="xvfb xauth xdotool imagemagick fonts-dejavu-core libpython3-dev"

# the bundle takes the interpreter's library with it
has_shared_library='import os, sys, sysconfig
folder, name = (sysconfig.get_config_var(n) or "" for n in ("LIBDIR", "INSTSONAME"))
sys.exit(not (".so" in name and os.path.exists(os.path.join(folder, name))))'

packages="$build $qt $xcb"
[ "$mode" = run ] || packages="$packages $testing"
missing=
for package in $packages; do
    case $package in
        g++ | gcc | make | xdotool) command -v "$package" >/dev/null && continue ;;
        python3-venv) "${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null && continue ;;
        libpython3-dev) "${PYTHON:-python3}" -c "$has_shared_library" 2>/dev/null && continue ;;
        imagemagick) [ -x /usr/bin/import ] && continue ;;
    esac
    # a package may go by a newer name, such as libglib2.0-0t64
    dpkg-query -W -f '${Status}\n' "$package" "${package}t64" 2>/dev/null | grep -q '^install ok' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root=sudo
else
    echo "These system packages are missing; install them if the next steps fail:" >&2
    echo "    sudo apt-get install$missing" >&2
    exit 0
fi
echo "Installing system packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
{ $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $missing; } >/dev/null || {
    echo "They could not be installed; going on without them." >&2
}
