// Runs exported models in ONNX Runtime for the tests. Each line of standard input is a job in JSON: { model, type, input, shape, output, name }. Input and output
// are files of raw little-endian elements; name is that of the output, the first one where it is missing. Each job is answered by a line of JSON: the shape of the output, or the error. With "seconds", the model
// is also timed on one thread, and the answer holds the best time of a run in seconds.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import * as ort from 'onnxruntime-node';

const kinds = { float32: Float32Array, uint8: Uint8Array };

async function run(job) {
  const session = await ort.InferenceSession.create(job.model, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 });
  const bytes = new Uint8Array(readFileSync(job.input));
  const feeds = { [session.inputNames[0]]: new ort.Tensor(job.type, new kinds[job.type](bytes.buffer), job.shape) };
  const result = (await session.run(feeds))[job.name ?? session.outputNames[0]];
  writeFileSync(job.output, new Uint8Array(result.data.buffer, result.data.byteOffset, result.data.byteLength));
  const answer = { shape: result.dims };
  if (job.seconds) {
    answer.best = Infinity;
    for (const end = performance.now() + 1000 * job.seconds; performance.now() < end;) {
      const start = performance.now();
      await session.run(feeds);
      answer.best = Math.min(answer.best, (performance.now() - start) / 1000);
    }
  }
  await session.release();
  return answer;
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await run(JSON.parse(line)).catch(error => ({ error: String(error?.message ?? error) }));
  console.log(JSON.stringify(answer));
}
