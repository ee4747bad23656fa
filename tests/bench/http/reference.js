// The reference: what one writes with fastify and pg. A webhook is stored with one INSERT that commits by itself; no
// signature is checked and no job enqueued. A report is a query for each request.
const fastify = require('fastify')();
const { Pool } = require('pg');

const pool = new Pool({ max: 20 });

fastify.post('/webhooks/monday', async (request, reply) => {
    const event = request.body.event;
    await pool.query({
        name: 'insert',
        text: 'INSERT INTO reference_event (event_key, board_id, item_id, event_type, payload) VALUES ($1, $2, $3, $4, $5)',
        values: [`${event.subscriptionId}:${event.triggerUuid}`, event.boardId, event.pulseId, event.type, request.body],
    });
    reply.code(202);
    return { status: 'accepted' };
});

fastify.get('/forecast/pipeline', async () => {
    const found = await pool.query({
        name: 'forecast',
        text: `SELECT forecast_month::text, stage_bucket, project_count, contract_value, committed_value, expected_value,
                      best_case_value, worst_case_value
               FROM mv_pipeline_forecast_monthly_12m_v1 ORDER BY forecast_month, stage_bucket`,
    });
    return { row_count: found.rows.length, rows: found.rows };
});

fastify.listen({ host: '127.0.0.1', port: Number(process.env.PORT || 0) }).then((address) => {
    console.log(`listening ${address}`);
});
process.on('SIGTERM', () => process.exit(0));
