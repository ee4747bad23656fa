// Fetches and completes JOBS jobs of pg-boss in batches of 100 by four loops at once; prints the milliseconds that takes,
// after a first run that warms up.
import { boss } from "./pg-boss.mjs";

const jobs = Number(process.env.JOBS);
await boss.createQueue("nothing");

async function drain() {
  for (;;) {
    const batch = await boss.fetch("nothing", { batchSize: 100 });
    if (batch.length === 0) return;
    await boss.complete("nothing", batch.map((job) => job.id));
  }
}

for (const count of [Math.ceil(jobs / 10), jobs]) {
  await boss.insert("nothing", Array.from({ length: count }, (_, n) => ({ data: { n } })));
  const started = performance.now();
  await Promise.all([drain(), drain(), drain(), drain()]);
  if (count === jobs) console.log(performance.now() - started);
}
await boss.stop({ graceful: false });
process.exit(0);
