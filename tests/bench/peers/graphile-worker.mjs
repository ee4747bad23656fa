// Runs JOBS jobs that do nothing through graphile-worker with its batched preset, in one process as its own performance
// test does; prints milliseconds from the start of the worker to the last job, after a first run that warms up.
import { Pool } from "pg";
import { runOnce, runMigrations } from "graphile-worker";

const jobs = Number(process.env.JOBS);
const pool = new Pool({ max: 12 });
const preset = {
  worker: {
    concurrentJobs: 24,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
};
const logger = { error() {}, warn() {}, info() {}, debug() {}, scope() { return this; } };
const options = { pgPool: pool, preset, taskList: { nothing: () => {} }, logger };

await runMigrations(options);
for (const count of [Math.ceil(jobs / 10), jobs]) {
  await pool.query(
    `SELECT FROM graphile_worker.add_jobs(ARRAY(
       SELECT json_populate_record(NULL::graphile_worker.job_spec,
         json_build_object('identifier', 'nothing', 'payload', json_build_object('n', n)))
       FROM generate_series(1, $1::integer) n))`,
    [count],
  );
  const started = performance.now();
  await runOnce(options);
  const elapsed = performance.now() - started;
  if (count === jobs) console.log(elapsed);
}
await pool.end();
