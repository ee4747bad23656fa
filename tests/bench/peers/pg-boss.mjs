// A running pg-boss with as many connections as its workers have.
import { PgBoss } from "pg-boss";

export const boss = new PgBoss({
  host: process.env.PGHOST,
  port: Number(process.env.PGPORT),
  user: process.env.PGUSER,
  database: process.env.PGDATABASE,
  max: 4,
  supervise: false,
  schedule: false,
});
boss.on("error", (error) => { throw error; });
await boss.start();
