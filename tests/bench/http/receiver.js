// The reference: a minimal webhook receiver as one writes it with fastify and pg. It stores each POST with one INSERT
// that commits by itself, checks no signature and enqueues no job.
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

fastify.listen({ host: '127.0.0.1', port: Number(process.env.PORT || 0) }).then((address) => {
    console.log(`listening ${address}`);
});
process.on('SIGTERM', () => process.exit(0));
