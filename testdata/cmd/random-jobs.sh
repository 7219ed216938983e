# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# Jobs drawn at random, FG_JOBS of them from FG_SEED on: models of all kinds of layers with options that make sense or
# not, data and pictures with numbers that may be anything. Each command ends as it must, with one line where it fails,
# and writes no NaN and no infinity.
. "$FG_TESTDATA/cmd/helpers.inc"
export OMP_WAIT_POLICY=passive
jobs=${FG_JOBS:-20} seed=${FG_SEED:-1}

# What may be run, one line a command, "#" before each job.
cat >draw.awk <<'END'
function draw(n) { state = state * 16807 % 2147483647; return int(state / 2147483647 * n) }
function maybe(percent) { return draw(100) < percent }
function pick(list, separator,    w, n) { n = split(list, w, separator); return w[draw(n) + 1] }
function one(words) { return pick(words, " ") }
function sigma() { return one("1 0.1 0.01 1e-6 1e6 0.3 3 1e-3 30") }
function activation() { return one("identity relu leaky_relu elu tanh sigmoid softplus") }
function some(options,    o, n, i, text) { # some of "name=value;name=value"
    n = split(options, o, ";")
    for (i = 1; i <= n; i++) if (maybe(30)) text = text "," o[i]
    return text
}
function layer(kind, options,    text) { text = some(options); return " " kind (text ? (kind ~ /:/ ? text : ":" substr(text, 2)) : "") }
function settings(    text) {
    text = " --set inference.iterations=" one("1 2 7 25")
    if (maybe(40)) text = text " --set inference.damping=" one("0 0.5 0.95")
    if (maybe(20)) text = text " --set inference.dropout=" one("0.5 0.9")
    if (maybe(40)) text = text " --set inference.schedule=" one("synchronous random residual")
    if (maybe(20)) text = text " --set inference.init=" one("random forward")
    if (maybe(20)) text = text " --set inference.tol=0.1"
    if (maybe(20)) text = text " --set inference.relinearise=3"
    if (maybe(20)) text = text " --set inference.on_divergence=stop"
    if (maybe(20)) text = text " --set inference.forget=0.1"
    if (maybe(20)) text = text " --set inference.average=3"
    if (maybe(20)) text = text " --set inference.storage=" one("edge factor")
    return text
}
function number(wild) {
    return wild && maybe(wild) ? one("0 1e15 -1e15 1e-40 nan 1e8 255 1e5") : sprintf("%.4g", (draw(4001) - 2000) / 1000)
}
function table(rows, columns, classes, wild,    i, j, line) {
    for (i = 0; i < rows; i++) {
        line = ""
        for (j = 0; j < columns; j++)
            line = line number(wild) ","
        print line (classes ? draw(classes) : number(0)) >"data." job
    }
    print "mv data." job " data.csv"
}
function rows_job(    shape, layers, n, k, i, real, kind, h, w, c) {
    kind = draw(4)
    n = one("1 2 3 5 17"); shape = n
    if (kind < 2) {
        if (maybe(30)) layers = layer("observation", "sigma=" sigma())
        for (i = draw(3); i > 0; i--)
            layers = layers layer("dense:" one("1 2 3 16 17"), "activation=" activation() ";sigma=" sigma() ";weight_prior=" sigma() ";bias=false;damping=0.5")
    } else {
        h = one("4 6 9"); w = one("4 5 8"); c = one("1 2 3"); shape = h "x" w "x" c; n = h * w * c
        if (kind == 2) {
            if (maybe(20)) layers = " observation"
            layers = layers layer("conv:" one("1 2 5 17"), "kernel=" one("1 2 3") ";activation=" activation() ";sigma=" sigma() ";bias=false")
            if (maybe(60)) layers = layers " " one("max_pool:2 avg_pool:2 max_pool:3")
        } else
            layers = layer("features:" one("1 3 20"), "kernel=" one("1 2 3") ";draw=" one("patches whitened") ";size=" one("1 2 3") ";pooling=mean;activation=" activation())
    }
    k = one("2 3 10"); real = maybe(25)
    if (real) k = 1
    layers = layers layer("dense:" k, "sigma=" sigma() ";weight_prior=" sigma() (kind == 3 ? ";covariance=full" : ""))
    layers = layers (real ? layer("regression", "sigma=" sigma() ";robust=tukey") : layer("softmax", "sigma=" sigma() ";likelihood=" one("categorical one_hot") ";compete=present"))
    print "try fg-build --input " shape layers settings() " -o model.json"
    table(one("1 2 3 20 50"), n, real ? 0 : k, one("0 0 0 5 30"))
    if (maybe(50))
        print "try fg-train -g model.json --data data.csv -o model.fgm --log log.jsonl --threads " one("1 2 3")
    else
        print "try fg-continual -g model.json --data data.csv -o model.fgm --metrics metrics.jsonl --batch " one("1 2 7 100") (maybe(30) ? " --temper 0.9" : "") (maybe(20) ? " --checkpoint 1" : "") (maybe(20) ? " --validate 0.2" : "") (!real && maybe(15) ? " --tasks split:1" : "")
    print "[ ! -e model.fgm ] || try fg-infer -g model.fgm --data data.csv -o table.csv " \
        pick(";--score;--parameters marginal;--by forward;--by both;--observe label;--show inputs;--batch 3", ";")
    print "[ ! -e model.fgm ] || try fg-train -g model.fgm --data data.csv -o more.fgm --iters 2"
}
function picture(name, w, h, magic,    i) { print "picture " magic " " w " " h " " one("black white noise ramp ramp") " >" name }
function pictures_job(    layers, i, w, h, magic) {
    layers = maybe(50) ? layer("observation", "sigma=" sigma() ";robust=" one("tukey huber") ";share_channels=true;robust_after=3") : layer("mixture", "sigma=" sigma())
    for (i = 1 + draw(3); i > 0; i--)
        layers = layers (maybe(25) ? layer("pairwise:sigma=" sigma(), "robust=huber;damping=0.5") : maybe(70) ? layer("tconv:" one("1 2 4 17"), "kernel=" one("2 3 4") ";sigma=" sigma() ";robust=tukey;activation=" activation() ";orthogonal=true;learn_after=2;weight_init=1e3") : layer("upsample", "sigma=" sigma()))
    print "try fg-build --input ?x?x?" layers settings() " -o model.json"
    w = one("4 8 17 20"); h = one("5 8 13 24"); magic = one("P5 P6")
    for (i = 0; i < 2; i++) picture("clip/" i, w, h, magic)
    picture("mask.pgm", w, h, "P5")
    print "try fg-denoise -g model.json clip -o out --metrics metrics.jsonl --seed " draw(3) (maybe(60) ? " --corrupt " one("0.1 0.9 gaussian:0.1 gaussian:3") : "") (maybe(30) ? " --sd sd" : "") (maybe(20) ? " --panel panel.png" : "") (maybe(20) ? " --per-frame" : "") (maybe(20) ? " --mask mask.pgm" : "") (maybe(20) ? " --noise " one("auto 0.1 10") : "") (maybe(50) ? " --save model.fgm" : "")
    print "[ ! -e model.fgm ] || try fg-denoise -g model.fgm clip -o out --metrics more.jsonl" (maybe(50) ? " --damping 0" : "")
}
BEGIN {
    for (job = first; job < first + jobs; job++) {
        state = job * 7919 % 2147483646 + 1
        draw(2)
        print "# " job
        if (maybe(60)) rows_job()
        else pictures_job()
    }
}
END

picture() { # picture MAGIC WIDTH HEIGHT KIND, to stdout
    echo "$1 $2 $3 255"
    case $4 in
    black) cat /dev/zero ;;
    white) tr '\0' '\377' </dev/zero ;;
    noise) gzip -c draw.awk ;;
    ramp) seq 1 9999 ;;
    esac | head -c $(($2 * $3 * ($1 == P6 ? 3 : 1)))
}

# try COMMAND...: status 0, or one line on stderr (but for warnings) and what belongs to it.
try() {
    "$@" >printed 2>said
    got=$?
    lines=$(grep -cv "^$1: warning: " said)
    case $got in
    0) [ "$lines" -eq 0 ] ;;
    1) [ "$lines" -eq 1 ] && grep -q "^$1: " said ;;
    2) [ "$lines" -eq 2 ] && grep -q "^Try '$1 --help'" said ;;
    *) false ;;
    esac || echo "job $job: status $got: $*$(cat said)"
    for file in table.csv log.jsonl metrics.jsonl more.jsonl; do
        [ -e "$file" ] || continue
        ! grep -qiE '(^|[^a-z"])-?(nan|inf)([^a-z]|$)' "$file" || echo "job $job: $file: $*"
        rm "$file"
    done
    return "$got"
}

mkdir clip
awk -v first="$seed" -v jobs="$jobs" -f draw.awk >drawn.txt
job='' unmade=0
while read -r line; do
    case $line in
    '# '*)
        job=${line#\# }
        rm -rf model.* more.fgm out sd clip/*
        ;;
    try\ fg-build*) eval "$line" || unmade=$((unmade + 1)) ;;
    *) [ ! -e model.json ] || eval "$line" ;;
    esac
done <drawn.txt
echo "at most half of the jobs have a model that is refused: $((2 * unmade <= jobs))"
