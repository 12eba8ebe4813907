// ONNX Runtime as the peer of bench/compare. The one argument is the folder whose node_modules hold onnxruntime-node. Each line of standard input
// is a request in JSON, each is answered by a line of JSON:
//   { open: { model, input, shape, threads } }  makes a session; input is a file of raw little-endian floats; answers { output } in base64
//   { run: { runs, milliseconds } }             runs at least so often and so long; answers { times } in milliseconds
//   { close: true }                             gives the session back
// What goes wrong is answered as { error }.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(resolve(process.argv[2], 'package.json'));
const ort = require('onnxruntime-node');
let session, feeds;

async function open({ model, input, shape, threads }) {
  session = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: 'all', intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3,
  });
  const bytes = new Uint8Array(readFileSync(input));
  feeds = { [session.inputNames[0]]: new ort.Tensor('float32', new Float32Array(bytes.buffer), shape) };
  const { data } = (await session.run(feeds))[session.outputNames[0]];
  return { output: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') };
}

async function run({ runs, milliseconds }) {
  const times = [];
  for (const begin = performance.now(); times.length < runs || performance.now() - begin < milliseconds;) {
    const start = performance.now();
    await session.run(feeds);
    times.push(performance.now() - start);
  }
  return { times };
}

async function close() {
  await session?.release();
  session = feeds = undefined;
  return {};
}

async function answer(request) {
  if (request.open) return open(request.open);
  if (request.run) return run(request.run);
  if (request.close) return close();
  throw new Error(`unknown request ${JSON.stringify(request)}`);
}

console.log(JSON.stringify({ name: 'ONNX Runtime', version: require('onnxruntime-node/package.json').version }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line)).catch(error => ({ error: String(error?.message ?? error) }))));
}
