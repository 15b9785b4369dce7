/**
 * Rules of packages: each has its reason and its use, and gossipsub is the one that is looked after.
 *
 * @module
 */

import type { SourceFile } from './repository.ts'

/** What the rules read of `package.json`. */
export interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** Packages without a reason in a README's table, and reasons for packages that are not there. */
export function unreasonedPackages(manifest: Manifest, readmes: readonly SourceFile[]): string[] {
  const packages = [...namesOf(manifest.dependencies), ...namesOf(manifest.devDependencies)]
  const reasons = new Map(readmes.flatMap(({ text }) => reasonsOf(text)))
  const missing = packages.filter((name) => (reasons.get(name) ?? '') === '')
  const gone = [...reasons.keys()].filter((name) => !packages.includes(name))
  return [...missing, ...gone.map((name) => `${name}: explained, yet no direct dependency`)]
}

/** The rows of the table under a heading `Packages`: name and reason. */
function reasonsOf(readme: string): [string, string][] {
  const section = /^## Packages$([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(readme)?.[1] ?? ''
  return [...section.matchAll(/^\| `([^`]+)` \|([^|\n]*)\|$/gm)].map(([, name, reason]) => [
    name as string,
    (reason as string).trim()
  ])
}

/**
 * Packages that nothing uses: no source imports them, and no script runs them.
 *
 * @param binaries - the commands that a package brings
 */
export function unusedPackages(
  manifest: Manifest,
  files: readonly SourceFile[],
  binaries: (name: string) => readonly string[]
): string[] {
  const imported = new Set(files.flatMap(({ text }) => importsOf(text)))
  const words = new Set(Object.values(manifest.scripts ?? {}).flatMap((line) => line.split(/[ /]/)))
  const unused = namesOf(manifest.dependencies).filter((name) => !imported.has(name))
  const idle = namesOf(manifest.devDependencies).filter(
    (name) =>
      !imported.has(name) &&
      !name.startsWith('@types/') &&
      !words.has(name) &&
      !binaries(name).some((binary) => words.has(binary))
  )
  return [...unused, ...idle]
}

function importsOf(text: string): string[] {
  return [
    ...text.matchAll(
      /(?:\bfrom |\bimport\(?|\b(?:require|createRequire\(import\.meta\.url\))\()\s*'((?:@[^/'.]+\/)?[^/'.#][^/']*)/g
    )
  ].map(([, name]) => name as string)
}

/**
 * Whether what the gossipsub alias leads to is kept up: the last release under the old name lets
 * a peer exhaust the heap.
 */
export function isGossipsubKept(installed: {
  readonly name?: string
  readonly version?: string
}): boolean {
  const [major = 0, minor = 0] = (installed.version ?? '').split('.').map(Number)
  return installed.name === '@libp2p/gossipsub' && (major > 17 || (major === 17 && minor >= 1))
}

function namesOf(group: Readonly<Record<string, string>> | undefined): string[] {
  return Object.keys(group ?? {})
}
