/**
 * Serves the pages: a fixed table of files, none of which is looked for on the disk.
 *
 * A page may load from and speak to its own origin alone, and no other page may frame it.
 *
 * @see https://www.w3.org/TR/CSP3/
 * @module
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { PageFile } from './page-files.ts'

/** How long browsers keep what carries a hash in its name. */
const IMMUTABLE_SECONDS = 31_536_000

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()'
}

/** What stands at `/` where the pages were not built. */
const NOT_BUILT: PageFile = {
  path: '/',
  mediaType: 'text/plain; charset=utf-8',
  plain: Buffer.from(
    'The dashboard was not built: run `npm run build`. How this node is: /v1/status\n'
  ),
  gzip: Buffer.alloc(0),
  etag: '"not-built"',
  isImmutable: false
}

/** Adds the pages to a server. */
export function servePages(server: FastifyInstance, files: readonly PageFile[]): void {
  for (const file of files.length === 0 ? [NOT_BUILT] : files)
    server.route({
      method: 'GET',
      url: file.path,
      handler: (request, reply) => sendFile(file, request, reply)
    })
}

function sendFile(file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { plain, gzip, etag, mediaType, isImmutable } = file
  reply
    .headers(SECURITY_HEADERS)
    .header('etag', etag)
    .header('vary', 'Accept-Encoding')
    .header(
      'cache-control',
      isImmutable ? `public, max-age=${IMMUTABLE_SECONDS}, immutable` : 'no-cache'
    )
  if (isHeld(request.headers['if-none-match'], etag)) return reply.code(304).send()
  reply.type(mediaType)
  if (gzip.length === 0 || !takesGzip(request.headers['accept-encoding'])) return reply.send(plain)
  return reply.header('content-encoding', 'gzip').send(gzip)
}

/** Whether the caller holds this very file. */
function isHeld(ifNoneMatch: string | undefined, etag: string): boolean {
  const held = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? []
  return held.includes(etag) || held.includes('*')
}

/** Whether `gzip` is named, and not with the weight 0 that forbids it. */
function takesGzip(header: string | string[] | undefined): boolean {
  return /(?:^|[\s,])gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))|,|$)/.test(String(header ?? ''))
}
