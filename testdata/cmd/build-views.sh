# needs: fg-build
# What a spec amounts to, its drawing, and the JSON Schema.
fg-build xor --info -n 4 | sed "s|^memory: [0-9.]* [KMG]iB|memory: N|"
fg-build regression --info -n 90 | sed "s|^memory: [0-9.]* [KMG]iB|memory: N|"
fg-build denoise-pairwise --input 258x454x3 --info | sed "s|^memory: [0-9.]* [KMG]iB|memory: N|"
fg-build xor --dot
fg-build --schema >schema.json || echo "status $?"
head -n 3 schema.json
fg-build --kinds | grep -v '^ '
