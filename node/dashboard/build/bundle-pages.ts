/**
 * The bundle of the pages: compiled modules in, a few static files out.
 *
 * Names carry a hash of their contents, so that browsers may keep them for ever. What checks proofs
 * is a chunk of its own that is loaded when somebody asks for a check.
 *
 * @module
 */

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { invariant } from '../../../protocol/index.ts'
import { publicFolder } from '../public-folder.ts'
import { drawLand } from './land-outline.ts'

/** Pages: the file that is served, the module that runs in it, and its style. */
const PAGES = [
  { page: 'index.html', script: 'main.js', style: 'dashboard.css' },
  { page: 'phone.html', script: 'phone.js', style: 'phone.css' }
] as const

/** Syntax that every browser of the last four years reads. */
const TARGET = ['es2022', 'safari16.4']

/**
 * Builds all pages into the folder that is served.
 *
 * @param root - the top of the repository, where everything is compiled already
 */
export async function bundlePages(root: string): Promise<void> {
  const sources = join(root, 'node/dashboard/page')
  const compiled = join(root, 'dist/node/dashboard/page')
  const target = publicFolder(root)
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: PAGES.flatMap(({ script, style }) => [
      join(compiled, script),
      join(sources, 'style', style)
    ]),
    outdir: join(target, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    define: { LAND_OUTLINE: JSON.stringify(drawLand()) },
    format: 'esm',
    platform: 'browser',
    conditions: ['browser'],
    target: TARGET,
    logLevel: 'warning',
    legalComments: 'none'
  })
  for (const page of PAGES) {
    const html = readFileSync(join(sources, page.page), 'utf8')
      .replaceAll('%SCRIPT%', `/assets/${outputOf(metafile, page.script)}`)
      .replaceAll('%STYLE%', `/assets/${outputOf(metafile, page.style)}`)
    writeFileSync(join(target, page.page), html)
  }
  cpSync(join(sources, 'favicon.svg'), join(target, 'favicon.svg'))
}

/** The file that an entry became. */
function outputOf({ outputs }: Metafile, entry: string): string {
  const found = Object.entries(outputs).find(
    ([, { entryPoint }]) => entryPoint !== undefined && basename(entryPoint) === entry
  )
  invariant(found !== undefined, 'every entry has an output')
  return basename(found[0])
}
