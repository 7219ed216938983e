# needs: fg-build
# What a spec amounts to, its drawing, and the JSON Schema.
fg-build xor --info -n 4 | sed "s|[0-9.]* [KMG]iB|N|g"
fg-build regression --info -n 90 | sed "s|[0-9.]* [KMG]iB|N|g"
fg-build denoise-pairwise --input 258x454x3 --info | sed "s|[0-9.]* [KMG]iB|N|g"
fg-build xor --dot
fg-build --schema >schema.json || echo "status $?"
head -n 3 schema.json
fg-build --kinds | grep -v '^ '
