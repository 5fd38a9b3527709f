// Writes the Parquet files of this folder, and rows.jsonl with the rows that they all hold, by writers that are not ours:
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

const flat = ["text", "label", "score", "sure"].map(name => ({ name, data: rows.map(row => row[name]), type: { text: "STRING", label: "INT64", score: "DOUBLE", sure: "BOOLEAN" }[name] }))
flat.find(column => column.name === "label").data = rows.map(row => BigInt(row.label))
writeFileSync("flat.parquet", Buffer.from(parquetWriteBuffer({ columnData: flat, rowGroupSize: 70 })))
