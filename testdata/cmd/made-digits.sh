# needs: fg-build fg-continual fg-infer
# The made digits are what their program makes, and can be learned.
. "$FG_TESTDATA/cmd/helpers.inc"
flags=$(cat "$(dirname "$(command -v fg-build)")/flags")
cc=${flags%% -Ilib *}
mkdir made
$cc -std=gnu11 -Wall -Wextra -Werror -ffp-contract=off -I"$FG_TESTDATA/../lib" "$FG_TESTDATA/made/digits.c" -o digits &&
    ./digits made
for f in made/*; do
    gunzip -c "$FG_TESTDATA/digits/${f##*/}.gz" | cmp - "$f"
    wc -c <"$f"
done
fg-build --input 12x12x1 dense:10,sigma=0.1,weight_prior=0.3 softmax --set inference.damping=0.9 >spec.json
fg-continual -g spec.json --data made --test "$FG_TESTDATA/digits" --seed 1 --iters 40 --metrics m -o d.fgm
fg-infer -g d.fgm --test made --by forward --score >score
sed -n 's/.*"accuracy":\([0-9.]*\).*/\1/p' m score | awk '$1 < 0.75 { print "only " $1 " of the digits are told apart" }'
