# needs: fg-build
# The benchmark of kernels works: a pass of each.
"$(dirname "$(command -v fg-build)")/bench/engine/kernels_bench" --once
