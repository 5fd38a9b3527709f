#!/usr/bin/env bash
# Builds everything and runs all tests. As root on Debian it installs what some tests need (PyTorch, Pillow, SentencePiece and Jinja2 as references, Chromium to open reports, a client of
# Jupyter to drive the kernel); elsewhere it says what to install, and the tests that need it are skipped with their reason. With CI=true a missing part is a failure,
# except an adapter (docs/adapters.md): where NuGet does not have its package it is skipped, and said so, everywhere.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

missing=()
/usr/bin/python3 -c 'import torch' 2>/dev/null || missing+=(python3-torch libopenblas0-openmp)
/usr/bin/python3 -c 'import jupyter_client' 2>/dev/null || missing+=(python3-jupyter-client)
/usr/bin/python3 -c 'import sentencepiece' 2>/dev/null || missing+=(python3-sentencepiece)
/usr/bin/python3 -c 'import jinja2' 2>/dev/null || missing+=(python3-jinja2)
/usr/bin/python3 -c 'import PIL' 2>/dev/null || missing+=(python3-pil)
/usr/bin/python3 -c 'import sklearn' 2>/dev/null || missing+=(python3-sklearn)
command -v jupyter-kernelspec >/dev/null || missing+=(jupyter-client)
/usr/bin/python3 -c 'import nbconvert, nbclient' 2>/dev/null || missing+=(python3-nbconvert python3-nbclient)
/usr/bin/python3 -c 'import notebook' 2>/dev/null || missing+=(jupyter-notebook)
command -v pandoc >/dev/null || missing+=(pandoc)
command -v chromium >/dev/null || missing+=(chromium)
[ -x /usr/sbin/slurmctld ] && [ -x /usr/sbin/slurmd ] && [ -x /usr/bin/sbatch ] && [ -x /usr/sbin/munged ] || missing+=(slurmctld slurmd slurm-client munge)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]}"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}") >/dev/null || echo "Could not install ${missing[*]}."
  else
    echo "Not installed: ${missing[*]}. On Debian: sudo apt-get install ${missing[*]}. The tests that need them are skipped."
  fi
fi

dotnet build Kernel.sln -c Release -warnaserror --verbosity quiet
logs=$(mktemp -d)
trap '[ -z "${beside:-}" ] || kill -- "-$beside" 2>/dev/null || true; rm -rf "$logs"' EXIT
passed=0 failed=0 skipped=0 result=0

# Runs the tests of a project; what they print is kept for tell.
run() {
  local name; name=$(basename "${1%.csproj}")
  dotnet test "$1" -c Release --no-build --logger "console;verbosity=normal" >"$logs/$name" 2>&1 || echo $? >"$logs/$name.status"
}

# Of a project the skips with their reasons and the totals; what failed is told at the end, where it is looked for.
tell() {
  local name log; name=$(basename "${1%.csproj}") log=$logs/$name
  grep -A1 --no-group-separator -F '[SKIP]' "$log" | sed -E "s|^\[xUnit[^]]*\]|$name:|" || true
  grep -E '^\s+(Failed |(Total tests|Passed|Failed|Skipped):)' "$log" | sed "s|^|$name: |" || true
  if [ -f "$log.status" ] || ! grep -q '^ *Total tests:' "$log"; then
    result=1
    echo "$name: exit status $(cat "$log.status" 2>/dev/null || echo unknown)" >>"$logs/failures"
    if grep -q '^  Failed ' "$log"; then sed -nE '/^  Failed /{p;:a;n;/^  (Passed|Skipped|Failed) |^\[xUnit|^Test Run/{/^  Failed /{p;ba};b};p;ba}' "$log" >>"$logs/failures"; else tail -n 60 "$log" >>"$logs/failures"; fi
  fi
  passed=$((passed + $(awk '/^ +Passed: /{n=$2} END{print n+0}' "$log")))
  failed=$((failed + $(awk '/^ +Failed: /{n=$2} END{print n+0}' "$log")))
  skipped=$((skipped + $(awk '/^ +Skipped: /{n=$2} END{print n+0}' "$log")))
}

# The acceptance tests wait much, for browsers and kernels: the others run beside them.
acceptance=tests/Strata.Acceptance/Strata.Acceptance.csproj
set -m
run "$acceptance" &
beside=$!
set +m
for project in tests/*/*.csproj; do
  [ "$project" != "$acceptance" ] || continue
  run "$project"
  tell "$project"
done
wait "$beside" || result=1
beside=
tell "$acceptance"

[ ! -f "$logs/failures" ] || cat "$logs/failures"
echo "$passed passed, $failed failed, $skipped skipped"
exit "$result"
