# Sourced by scripts that build: `compiler_begin`, then `dotnet ... "${compiler[@]}"`, then `compiler_end`.
# The compiler of the SDK is a server that the projects of a build share and that outlives it. Where the environment forbids that (UseSharedCompilation=false) each
# project loads and warms up a compiler of its own, at two to three times the processor time. So the scripts then share one under a name of their own, and end it.
compiler=()
compiler_mine=""

compiler_begin() {
  if [[ -z "${SCOUT_COMPILER:-}" && "${UseSharedCompilation:-}" == [Ff]alse ]]; then
    compiler_mine="scout-$$-$RANDOM"
    export SCOUT_COMPILER="$compiler_mine"
  fi
  [[ -z "${SCOUT_COMPILER:-}" ]] || compiler=(-p:UseSharedCompilation=true "-p:SharedCompilationId=$SCOUT_COMPILER")
}

# Ends the one that this script began; without this it would end by itself after ten idle minutes.
compiler_end() {
  [[ -n "$compiler_mine" ]] || return 0
  local sdk
  sdk="$(dirname "$(readlink -f "$(command -v dotnet)")")/sdk/$(dotnet --version)"
  "$sdk/Roslyn/bincore/VBCSCompiler" -shutdown "-pipename:$compiler_mine" >/dev/null 2>&1 || true
  compiler_mine="" compiler=()
  unset SCOUT_COMPILER
}
