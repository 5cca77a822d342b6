import type { FastifyInstance } from 'fastify'

/** As nginx refuses a body that is larger than it may be: with a page of its own, before a byte of it is read (behaviour 4.10). */
export function installBodyLimit(app: FastifyInstance, limitBytes: number | null): void {
  if (limitBytes === null) return
  app.addHook('onRequest', async (request, reply) => {
    const bytes = Number(request.headers['content-length'] ?? 0)
    const url = request.raw.url ?? ''
    if (bytes <= limitBytes || !url.startsWith('/api/') || url.startsWith('/api/files/')) return
    return reply.code(413).type('text/html').send(PAGE)
  })
}

const PAGE = [
  '<html>',
  '<head><title>413 Request Entity Too Large</title></head>',
  '<body>',
  '<center><h1>413 Request Entity Too Large</h1></center>',
  '<hr><center>nginx</center>',
  '</body>',
  '</html>',
  '',
].join('\r\n')
