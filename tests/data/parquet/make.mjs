// Writes the Parquet files of this folder, rows.jsonl with the rows that they hold, and types.jsonl with those of types.parquet, by writers that are not ours:
//   npm install parquet-wasm@0.8.0 apache-arrow@21.2.0 hyparquet-writer@0.17.0 && node make.mjs
import { writeFileSync } from "node:fs"
import * as arrow from "apache-arrow"
import * as wasm from "parquet-wasm/node"
import { parquetWriteBuffer } from "hyparquet-writer"

const words = ["", "a", "naïve", "\"quoted\"", "two\nlines", "日本語", "😀", "x".repeat(300)]
const rows = Array.from({ length: 200 }, (_, i) => ({
  text: `${words[i % 8]} ${i % 7 === 0 ? "again and again" : i}`,
  label: i % 5,
  score: i % 11 === 3 ? null : i / 8 - 3,
  sure: i % 3 === 0,
  sentences: i % 6 === 2 ? null : Array.from({ length: i % 4 }, (_, j) => j === 2 ? null : `${words[j]}${i}`),
  about: i % 9 === 4 ? null : { source: `s${i % 2}`, pages: Array.from({ length: i % 3 }, (_, j) => i * j - 100) },
}))
writeFileSync("rows.jsonl", rows.map(row => JSON.stringify(row) + "\n").join(""))

const { Field, List, Struct, Utf8, Int32, Float64, Bool } = arrow
const types = {
  text: new Utf8(), label: new Int32(), score: new Float64(), sure: new Bool(),
  sentences: new List(new Field("item", new Utf8(), true)),
  about: new Struct([new Field("source", new Utf8(), true), new Field("pages", new List(new Field("item", new Int32(), true)), true)]),
}
const table = new arrow.Table(Object.fromEntries(Object.entries(types).map(([name, type]) => [name, arrow.vectorFromArray(rows.map(row => row[name]), type)])))
const stream = arrow.tableToIPC(table, "stream")

function write(name, compression, version, dictionary) {
  const properties = new wasm.WriterPropertiesBuilder().setCompression(compression).setWriterVersion(version).setDictionaryEnabled(dictionary)
    .setMaxRowGroupSize(120).setDataPageSizeLimit(2000).setWriteBatchSize(25).build()
  writeFileSync(name, wasm.writeParquet(wasm.Table.fromIPCStream(stream), properties))
}

write("snappy.parquet", wasm.Compression.SNAPPY, wasm.WriterVersion.V1, true)
write("plain.parquet", wasm.Compression.UNCOMPRESSED, wasm.WriterVersion.V1, false)
write("gzip-v2.parquet", wasm.Compression.GZIP, wasm.WriterVersion.V2, true)
write("brotli-v2-deltas.parquet", wasm.Compression.BROTLI, wasm.WriterVersion.V2, false)
write("zstd.parquet", wasm.Compression.ZSTD, wasm.WriterVersion.V1, true)

// Types that JSON has no name for, and lists of lists. The text is bytes here, as old writers have it.
const { Binary, DateDay, Decimal, Float16, Float32, Uint8, Uint32, Uint64, Map_ } = arrow
const days = [0, 19723, -1], cents = [12345n, -5n, 0n], halves = [1.5, -0.25, 65504]
const kinds = Array.from({ length: 30 }, (_, i) => ({
  text: `row ${i}`, day: new Date(days[i % 3] * 86400000).toISOString().slice(0, 10), price: ["123.45", "-0.05", "0.00"][i % 3], half: halves[i % 3],
  single: i / 4 - 2, byte: 255 - i, word: 4294967295 - i, bytes: Buffer.from([255, i]).toString("base64"),
  nested: i % 5 === 1 ? null : Array.from({ length: i % 3 }, (_, j) => Array.from({ length: j + i % 2 }, (_, k) => i + j + k)),
  counts: Array.from({ length: i % 3 }, (_, j) => ({ key: `k${j}`, value: i * j })),
}))
writeFileSync("types.jsonl", kinds.map(row => JSON.stringify(row).replace(/"price":"([^"]*)"/, '"price":$1') + "\n").join(""))
const nested = new List(new Field("item", new List(new Field("item", new Int32(), true)), true))
const counts = new Map_(new Field("entries", new Struct([new Field("key", new Utf8(), false), new Field("value", new Int32(), true)]), false))
const columns = {
  text: [new Binary(), kinds.map(row => Buffer.from(row.text))], day: [new DateDay(), kinds.map((_, i) => new Date(days[i % 3] * 86400000))],
  half: [new Float16(), kinds.map(row => row.half)], single: [new Float32(), kinds.map(row => row.single)], byte: [new Uint8(), kinds.map(row => row.byte)],
  word: [new Uint32(), kinds.map(row => row.word)], bytes: [new Binary(), kinds.map(row => Buffer.from(row.bytes, "base64"))],
  nested: [nested, kinds.map(row => row.nested)], counts: [counts, kinds.map(row => new Map(row.counts.map(pair => [pair.key, pair.value])))],
}
const vectors = Object.fromEntries(Object.entries(columns).map(([name, [type, values]]) => [name, arrow.vectorFromArray(values, type)]))
const wide = new Uint32Array(4 * kinds.length)
kinds.forEach((_, i) => { let c = BigInt.asUintN(128, cents[i % 3]); for (let w = 0; w < 4; w++) { wide[4 * i + w] = Number(c & 0xffffffffn); c >>= 32n } })
vectors.price = arrow.makeVector({ type: new Decimal(2, 10, 128), data: wide, length: kinds.length })
const typed = new arrow.Table(vectors)
writeFileSync("types.parquet", wasm.writeParquet(wasm.Table.fromIPCStream(arrow.tableToIPC(typed, "stream")), new wasm.WriterPropertiesBuilder().setCompression(wasm.Compression.SNAPPY).build()))

const flat = ["text", "label", "score", "sure"].map(name => ({ name, data: rows.map(row => row[name]), type: { text: "STRING", label: "INT64", score: "DOUBLE", sure: "BOOLEAN" }[name] }))
flat.find(column => column.name === "label").data = rows.map(row => BigInt(row.label))
writeFileSync("flat.parquet", Buffer.from(parquetWriteBuffer({ columnData: flat, rowGroupSize: 70 })))
