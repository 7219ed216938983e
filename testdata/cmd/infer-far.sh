# needs: fg-infer
# Values far from 0 are judged as those around 0: robust weights, energies, and whether inference has converged. Damping just
# under 1 still moves.
. "$FG_TESTDATA/cmd/helpers.inc"

# Two equal observations, one of them robust.
twice() {
    echo '{"format":"fg-spec","version":1,"variables":["a"],"factors":[
        {"kind":"observation","variables":["a"],"value":'"$1"',"sigma":0.01},
        {"kind":"observation","variables":["a"],"value":'"$1"',"sigma":0.01,"robust":"tukey","threshold":1}]}' >twice.json
    fg-infer -g twice.json --require-convergence --log twice.log |
        awk -F, 'NR > 1 { printf "%.2f %.6f, ", $2, $3 }'
    tail -1 twice.log | sed 's/.*"energy":\([0-9.e+-]*\),"layers.*/energy \1/'
}
twice 0.03
twice 1000000.03

# Three observations of each of eight variables, some of them wrong, and differences.
chain() {
    awk -v offset="$1" 'BEGIN {
        printf "{\"format\":\"fg-spec\",\"version\":1,\"variables\":["
        for (i = 0; i < 8; i++) printf "%s\"x%d\"", i ? "," : "", i
        printf "],\"factors\":["
        for (i = 0; i < 8; i++)
            for (k = 0; k < 3; k++)
                printf "{\"kind\":\"observation\",\"variables\":[\"x%d\"],\"value\":%.3f,\"sigma\":0.1,\"robust\":\"huber\",\"threshold\":2},",
                    i, offset + i + 0.15 * sin(11 * i + 5 * k) + ((i + 3 * k) % 5 == 0 ? 3 : 0)
        for (i = 0; i < 7; i++)
            printf "{\"kind\":\"pairwise\",\"variables\":[\"x%d\",\"x%d\"],\"value\":1,\"sigma\":0.05}%s", i + 1, i, i < 6 ? "," : "]}\n"
    }' >chain.json
    fg-infer -g chain.json --require-convergence -o "$2"
}
chain 0 near.csv
chain 5000000 far.csv
paste -d, near.csv far.csv | awk -F, 'NR > 1 {
    d = ($5 - 5000000 - $2) / $3; d = d < 0 ? -d : d; if (d > most) most = d
    s = $6 / $3 - 1; s = s < 0 ? -s : s; if (s > wide) wide = s
} END { print NR - 1, "variables; the same means and deviations:", (most < 1e-5 && wide < 1e-5) }'

fg-infer -g "$FG_TESTDATA/graphs/loop.json" --damping 0.99999999 --quiet | awk -F, 'NR > 1 && $2 != "" { n++ } END { print n, "variables determined" }'
