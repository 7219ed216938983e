# needs: fg-build fg-continual
# A batch that ends while beliefs run away, too soon to be called diverged, is begun again: its energy tells.
cd "$FG_TESTDATA" || exit 1
fg-build mnist --input 12x12x1 --set inference.iterations=60 |
    fg-continual --data digits --test digits --limit 100 --seed 14 -v --metrics - -o "$OLDPWD/x.fgm" 2>&1 |
    sed -E '/ MiB of memory /d; s/rose to .*/rose/; s/"accuracy":0\.[89][0-9]*/"accuracy":good/; s/"(nll|seconds|peak_mb)":[^,}]*/"\1":N/g'
