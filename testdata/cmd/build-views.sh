# needs: fg-build
# What a spec amounts to, its drawing, and the JSON Schema.
fg-build xor --info -n 4
fg-build regression --info -n 90
fg-build denoise-pairwise --input 258x454x3 --info
fg-build xor --dot
fg-build --schema >schema.json || echo "status $?"
head -n 3 schema.json
fg-build --kinds | grep -v '^ '
