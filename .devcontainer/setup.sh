#!/usr/bin/env bash
# Builds the tool and makes Jupyter know the kernel, for the current user. Run in a new container, and by .ci/run in a fresh clone.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

dotnet build src/Strata.Cli -c Release --verbosity quiet
dotnet src/Strata.Cli/bin/Release/net10.0/strata.dll jupyter install
jupyter kernelspec list
