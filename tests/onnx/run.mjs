// Runs exported models in ONNX Runtime for the tests. Takes a JSON file that lists jobs { model, runs: [{ input, shape, type, output }] }:
// inputs are raw little-endian elements, and the first output of each run is written in the same way. Prints one JSON line for each job.
// With "seconds" a job is timed on top: the best time of a run, in seconds, on one thread.
import { readFileSync, writeFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';

const jobs = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const job of jobs) {
  const answer = { model: job.model };
  try {
    const session = await ort.InferenceSession.create(job.model, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 });
    for (const run of job.runs) {
      const bytes = readFileSync(run.input);
      const elements = run.type === 'uint8' ? new Uint8Array(bytes) : new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      const feeds = { [session.inputNames[0]]: new ort.Tensor(run.type, elements, run.shape) };
      const result = (await session.run(feeds))[session.outputNames[0]];
      writeFileSync(run.output, new Uint8Array(result.data.buffer, result.data.byteOffset, result.data.byteLength));
      answer.shape = result.dims;
      if (job.seconds) {
        answer.best = Infinity;
        for (const end = performance.now() + 1000 * job.seconds; performance.now() < end;) {
          const start = performance.now();
          await session.run(feeds);
          answer.best = Math.min(answer.best, (performance.now() - start) / 1000);
        }
      }
    }
    await session.release();
  } catch (error) {
    answer.error = String(error.message ?? error);
  }
  console.log(JSON.stringify(answer));
}
