/**
 * The files of the pages, read once and kept ready for the wire.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'

/** One file as it is served. */
export interface PageFile {
  /** Where it is asked for. */
  readonly path: string
  readonly mediaType: string
  readonly plain: Buffer
  readonly gzip: Buffer
  readonly etag: string
  /** Whether its name changes with its contents. */
  readonly isImmutable: boolean
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml'
}

/** Pages and where they are asked for; everything else is asked for by its place. */
const PAGE_PATHS: Readonly<Record<string, string>> = {
  'index.html': '/',
  'phone.html': '/phone'
}

/** More and larger than any build makes: a folder that is not ours is not taken into memory. */
const FILES_MAX = 64
const FILE_MAX_BYTES = 1_048_576

/** Reads every file of a folder that has a media type; none when the pages were not built. */
export function readPageFiles(folder: string): readonly PageFile[] {
  return listFiles(folder)
    .filter((path) => MEDIA_TYPES[extname(path)] !== undefined)
    .filter((path) => statSync(join(folder, path)).size <= FILE_MAX_BYTES)
    .slice(0, FILES_MAX)
    .map((path) => readPageFile(folder, path))
}

function listFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
      .sort()
  } catch {
    // Compiled without its pages: the node serves everything else, and says so at `/`.
    return []
  }
}

function readPageFile(folder: string, path: string): PageFile {
  const plain = readFileSync(join(folder, path))
  return {
    path: PAGE_PATHS[path] ?? `/${path}`,
    mediaType: MEDIA_TYPES[extname(path)] as string,
    plain,
    gzip: gzipSync(plain),
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    isImmutable: path.startsWith('assets/')
  }
}
