// Works JOBS jobs that do nothing through pg-boss as its documentation proposes for many small jobs; prints the milliseconds
// until the last one is stored as completed, after a first run that warms up.
import pg from "pg";
import { boss } from "./pg-boss.mjs";

const jobs = Number(process.env.JOBS);
const pool = new pg.Pool({ max: 1 });

async function unfinished(queue) {
  const answer = await pool.query("SELECT count(*)::integer AS n FROM pgboss.job WHERE name = $1 AND state < 'completed'", [queue]);
  return answer.rows[0].n;
}

for (const count of [Math.ceil(jobs / 10), jobs]) {
  const queue = `nothing-${count}`;
  await boss.createQueue(queue);
  await boss.insert(queue, Array.from({ length: count }, (_, n) => ({ data: { n } })));
  let handled = 0;
  const started = performance.now();
  await new Promise((resolve) => {
    boss.work(queue, { batchSize: 100, localConcurrency: 4, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }, async (batch) => {
      handled += batch.length;
      if (handled >= count) resolve();
    });
  });
  while ((await unfinished(queue)) > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  const elapsed = performance.now() - started;
  await boss.offWork(queue);
  if (count === jobs) console.log(elapsed);
}
await boss.stop({ graceful: false });
process.exit(0);
