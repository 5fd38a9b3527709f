// Records what the makers' own library (npm package tokenizers, a binding of the Rust one) makes of a corpus, as one hash for each hundred texts.
//
//     npm install tokenizers tokenizers-linux-x64-gnu      (0.23.2; in a folder of its own, set NODE_PATH to its node_modules)
//     node golden.mjs CORPUS.json COMPONENTS GOLDEN.json
//
// CORPUS.json is an array of texts, COMPONENTS the folder of tokenizer.json files. Ids of each text, ids and segments of it with a second text, decodings with and without
// special tokens are hashed; offsets too, where the file has no step that moves characters or sets new ones before the text (there Strata traces each character to its origin).
import { createRequire } from 'module';
import { createHash } from 'crypto';
import fs from 'fs';
import path from 'path';

const { Tokenizer } = createRequire(process.env.NODE_PATH + '/')('tokenizers');
const withOffsets = ['bert', 'bert-cased', 'bloom', 'gpt2', 'llama3', 'prefix', 'scripts', 'word-level', 'wordpiece-steps'];
const block = 100;
const [corpusPath, folder, output] = process.argv.slice(2);
const corpus = JSON.parse(fs.readFileSync(corpusPath));
const golden = {};
for (const file of fs.readdirSync(folder).filter(name => name.endsWith('.json')).sort()) {
  const name = path.basename(file, '.json');
  const tokenizer = Tokenizer.fromFile(path.join(folder, file));
  const hashes = [];
  let hash;
  for (const [i, text] of corpus.entries()) {
    if (i % block === 0) hash = createHash('sha256');
    const single = await tokenizer.encode(text, null);
    const pair = await tokenizer.encode(text, 'the pair');
    const parts = [single.getIds().join(), pair.getIds().join(), pair.getTypeIds().join(), await tokenizer.decode(single.getIds(), false), await tokenizer.decode(single.getIds(), true)];
    if (withOffsets.includes(name)) parts.push(single.getOffsets().join());
    hash.update(parts.join('\n') + '\n', 'utf8');
    if (i % block === block - 1 || i === corpus.length - 1) hashes.push(hash.digest('hex').slice(0, 16));
  }
  golden[name] = hashes;
}
fs.writeFileSync(output, JSON.stringify(golden, null, 1) + '\n');
