# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# Numbers at the edge: improper priors, huge strengths, contradictions, constant data, one observation, one class. No
# NaN and no infinity is written; divergence is named and leaves the last good output.
. "$FG_TESTDATA/cmd/helpers.inc"
export OMP_WAIT_POLICY=passive

# finite FILE...: of states what --inspect shows.
finite() {
    for file; do
        case $file in
        *.fgm) fg-infer -g "$file" --inspect >shown ;;
        *) cp "$file" shown ;;
        esac
        [ -s shown ] || echo "$file: nothing"
        ! grep -iE '(^|[^a-z])-?(nan|inf)([^a-z]|$)' shown || echo "$file: not finite"
    done
}

observed() { printf '{"kind":"observation","variables":["%s"],"value":%s,"sigma":%s}' "$@"; }
pair() { printf '{"kind":"pairwise","variables":["%s","%s"],"sigma":%s}' "$@"; }
linear() { printf '{"kind":"linear","variables":["a","b"],"matrix":%s,"value":%s,"sigma":%s}' "$@"; }
graph() { # graph WHAT VARIABLES FACTORS: its marginals to 9 digits
    printf '{"format":"fg-spec","version":1,"variables":%s,"factors":[%s]}' "$2" "$3" >graph.json
    echo "$1:"
    fg-infer -g graph.json >table 2>err || echo "status $?"
    finite table
    awk -F, 'NR > 1 { printf "%s %s %s\n", $1, $2 == "" ? "-" : sprintf("%.9g", $2), $3 == "" ? "-" : sprintf("%.9g", $3) }' table
    sed 's/ (change [^)]*)//; s/^/  /' err
}
graph "huge strengths" '["a","b"]' "$(observed a 1e12 1e-6),$(pair a b 1e-6)"
graph "contradictory" '["a","b"]' "$(observed a 0 1e-6),$(observed a 1e12 1e-6),$(pair a b 1e6)"
graph "weak beside strong" '["a","b"]' "$(observed a 1 1e6),$(observed b -1 1e-6),$(pair a b 1e-6),$(pair a b 1e6)"
graph "coefficients far apart" '["a","b"]' "$(observed a 1 1e-6),$(linear '[[1e-12,1e12]]' 1e12 1e-6)"
graph "far from each other" '["a","b","c"]' "$(observed a 0 1e-6),$(observed c 1e12 1e-6),$(pair a b 1e-6),$(pair b c 1e-6)"
graph "no coefficients" '["a","b"]' "$(linear '[[0,0]]' 3 1)"
graph "improper" '["a","b","c"]' "$(pair a b 1),$(pair b c 1)"
# Not walk-summable: as weak a prior as there is, beside a frustrated triangle.
opposed() { printf '{"kind":"linear","variables":["%s","%s"],"matrix":[[1,1]],"value":0,"sigma":1e-3}' "$@"; }
graph "not walk-summable" '[{"name":"a","prior":{"mean":1,"sigma":1e6}},"b","c"]' "$(opposed a b),$(opposed b c),$(opposed c a)" |
    sed -E 's/^([abc]) [-+.e0-9]+ [-+.e0-9]+$/\1/; s/radius of .* is [0-9.]+/radius/'

echo "no strength:"
for sigma in 0 -1 1e-7 1e7 1e999; do
    printf '{"format":"fg-spec","version":1,"variables":["a"],"factors":[%s]}' "$(observed a 1 $sigma)" >graph.json
    refused 1 fg-infer -g graph.json
    refused 2 fg-build xor --set layers.0.sigma=$sigma
done

fg-build --input 2 dense:3,activation=tanh dense:2 softmax --set inference.iterations=30 >classes.json
fg-build --input 1 dense:1 regression:sigma=0.1 --set inference.iterations=30 >line.json
images 20 0 >pictures
labels 20 0 >marks
labels 20 0 1 >one-mark
{
    head -c 16 pictures
    head -c 320 /dev/zero
} >black
fg-build --input 4x4x1 dense:4,activation=relu dense:2 softmax --set inference.iterations=20 >pictures.json
learn() { # learn SPEC DATA: in all ways
    rm -f learned.fgm stream.fgm
    fg-train -g "$1" --data "$2" --seed 1 -o learned.fgm
    fg-continual -g "$1" --data "$2" --seed 1 --batch 2 --temper 0.9 --passes 2 -o stream.fgm
    for state in learned stream; do
        fg-infer -g $state.fgm --data "$2" -o $state.csv
        fg-infer -g $state.fgm --data "$2" --parameters marginal -o $state.marginal.csv
        fg-infer -g $state.fgm --data "$2" --score >$state.score
        finite $state.fgm $state.csv $state.marginal.csv $state.score
    done
    echo "learned $2"
}
printf '1,2,0\n' >one.csv
printf '1,2,0\n1,2,1\n1,2,0\n1,2,1\n' >contradictory.csv
printf '0,0,0\n0,0,0\n0,0,1\n' >black.csv
printf '5,5,1\n5,5,1\n5,5,1\n' >constant.csv
printf '1e15,-1e15,0\n-1e15,1e15,1\n' >huge.csv
printf '1e-40,1e-45,0\n1e-30,-1e-38,1\n' >tiny.csv
printf '1e15,1\n-1e15,3\n' >steep.csv
learn pictures.json black,marks
learn pictures.json pictures,one-mark
learn line.json steep.csv
for data in one contradictory black constant huge tiny; do learn classes.json $data.csv; done

echo "far targets:"
fg-build --input 2 dense:1 regression --set inference.damping=0.9 --set inference.iterations=3000 >plane.json
for scale in 1 1e15; do
    awk -v OFS=, -v scale=$scale 'BEGIN { print 1, 2, scale; print 0, 1, 0.02 * scale; print 2, 1, 0 }' >plane.csv
    fg-train -g plane.json --data plane.csv -q -o plane.fgm
    fg-infer -g plane.fgm --data plane.csv | awk -F, -v scale=$scale 'NR > 1 { printf "%.3f %.3f\n", $1 / scale, $2 }'
done

echo "too large:"
printf '1,2,0\n1,1e16,1\n' >large.csv
refused 1 fg-train -g classes.json --data large.csv -o no.fgm
refused 1 fg-continual -g classes.json --data large.csv -o no.fgm
refused 1 fg-infer -g learned.fgm --data large.csv
printf '1,-3e20\n' >large.csv
refused 1 fg-train -g line.json --data large.csv -o no.fgm

echo "strengths of layers:"
tail -c +17 black >grey && { head -c 16 pictures && tr '\0' '\177' <grey; } >flat
for sigma in 1e-6 1e6; do
    own="sigma=$sigma,weight_prior=$sigma"
    for layers in "conv:2,kernel=2,activation=tanh,$own max_pool:2" "conv:2,kernel=2,$own avg_pool:2" \
        "observation dense:3,activation=elu,$own"; do
        fg-build --input 4x4x1 $layers \
            dense:2,sigma=$sigma softmax:likelihood=categorical --set inference.iterations=20 >strong.json
        learn strong.json flat,marks >learned && learn strong.json pictures,marks >learned && cat learned
    done
    for layers in "observation:sigma=$sigma pairwise:sigma=$sigma" "mixture tconv:2,$own" \
        "observation:sigma=$sigma,robust=tukey,threshold=$sigma tconv:2,sigma=$sigma upsample:sigma=$sigma"; do
        fg-build --input '?x?x?' $layers --set inference.iterations=20 >strong.json
        { echo "P5 8 8 255" && head -c 64 grey; } >flat.pgm
        fg-denoise -g strong.json flat.pgm --clean flat.pgm --sd deviations -o out --metrics flat.metrics && finite flat.metrics
    done
done

echo "pictures:"
fg-build denoise-best --set inference.iterations=8 >best.json
for shade in '\000' '\377'; do
    { echo "P5 20 16 255" && head -c 320 /dev/zero | tr '\000' "$shade"; } >flat.pgm
    fg-denoise -g best.json flat.pgm --clean flat.pgm --seed 1 --sd deviations -o out --save flat.fgm --metrics flat.metrics
    finite flat.fgm flat.metrics
done
fg-denoise -g best.json flat.pgm --mask flat.pgm -o out --metrics flat.metrics && finite flat.metrics

printf 'P5 1 1 255\nA' >one.pgm
refused 1 fg-denoise -g best.json one.pgm -o no
fg-build --input '?x?x?' observation:sigma=0.1 >alone.json
fg-denoise -g alone.json one.pgm --clean one.pgm -o out --metrics one.metrics && finite one.metrics

echo "divergence:"
awk 'BEGIN { for (i = 1; i <= 20; i++) printf "%.9g,%.9g\n", 1e6 * sin(7 * i), 1e9 * cos(i) }' >wild.csv
fg-build --input 1 dense:4,sigma=1e-3 dense:1,sigma=1e-3 regression:sigma=1e-3 --set inference.damping=0 \
    --set inference.iterations=100 >wild.json
echo old >kept
refused 1 fg-train -g wild.json --data wild.csv --on-divergence stop -o kept | sed 's/[0-9.]*e+[0-9]*/N/; s/iteration [0-9]*/iteration N/'
cat kept
# A weight that only grows too large.
printf '1e-7,1e15\n-1e-6,1e15\n' >far.csv
fg-build --input 1 dense:1,sigma=1e-3,weight_prior=1e6 regression:sigma=1e-3 --set inference.damping=0 \
    --set inference.iterations=30 >far.json
refused 1 fg-train -g far.json --data far.csv -o kept | sed 's/[0-9][0-9.]*e[+-][0-9]*/N/g; s/iteration [0-9]*/iteration N/'
cat kept
fg-continual -g wild.json --data wild.csv --batch 1 --seed 1 -o stream.fgm 2>&1 | grep -vE \
    "^fg-continual: warning: batch [0-9]+ passed over: (inference diverged: a belief|beliefs) around layer '[a-z0-9]+' \([a-z]+\) .* in iteration [0-9]+|^fg-continual: warning: batch [0-9]+ passed over: (the energy rose to .* layer '[a-z0-9]+' \([a-z]+\)|the batch's mean squared error)|^fg-continual: warning: targets have a root mean square of "
finite stream.fgm
